import type {
  AlertJson,
  AlertTerms,
  DueSession,
  DueUsage,
  Outage,
  Recovery,
  SessionAlertKind,
  TenantAlert,
} from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'

type Hearing = Pick<AlertTerms, 'tenant' | 'webhooks'>

/**
 * The table of alerts. What fires is written together with what its webhooks are to be told, once for each rule, subject
 * and period, whoever finds it and however often. Each rejects with a failure where the table can't be asked.
 */
export interface AlertRecord {
  /** @returns how many fired; so the others, or how many ended. Takes long, and rejects where the signal aborts */
  fireUsage(of: Hearing, due: readonly DueUsage[], signal: AbortSignal): Promise<number>
  fireOutages(of: Hearing, outages: readonly Outage[]): Promise<number>
  /** The tenants that have a router with an outage that has not ended. */
  openOutages(tenants: readonly TenantId[]): Promise<ReadonlySet<TenantId>>
  /** Those that have left the config end too. */
  endOutages(of: Hearing, recovered: readonly Recovery[]): Promise<number>
  /** @param kind of the rules of all that is due */
  fireSessions(of: Hearing, kind: SessionAlertKind, due: readonly DueSession[]): Promise<number>
  /** The newest of each tenant, oldest first. */
  recent(tenants: readonly TenantId[], most: number): Promise<ReadonlyMap<TenantId, readonly AlertJson[]>>
  /** Those that fired or ended since, and some from before; by the database's clock. */
  changedSince(tenants: readonly TenantId[], since: string): Promise<readonly TenantAlert[]>
  now(): Promise<string>
}
