import type {
  AlertJson,
  AlertTerms,
  DueSession,
  DueUsage,
  EndedOutage,
  Outage,
  SessionAlertKind,
  TenantAlert,
} from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'

/** A tenant, and which of its webhooks hear of which rules. */
export type AlertRecipients = Pick<AlertTerms, 'tenant' | 'webhooks'>

/**
 * The table of alerts. An alert is written together with its deliveries, once for each rule, subject and period,
 * whichever daemon finds it and however often. Each method rejects with a failure if the table cannot be reached.
 */
export interface AlertRecord {
  /** @returns how many fired (below: or ended). Takes long, and rejects if the signal aborts. */
  fireUsage(recipients: AlertRecipients, due: readonly DueUsage[], signal: AbortSignal): Promise<number>
  fireOutages(recipients: AlertRecipients, outages: readonly Outage[]): Promise<number>
  /** The tenants with a router whose outage has not ended. */
  openOutages(tenants: readonly TenantId[]): Promise<ReadonlySet<TenantId>>
  /** Also ends outages of removed routers. */
  endOutages(recipients: AlertRecipients, recovered: readonly EndedOutage[]): Promise<number>
  /** @param kind the kind of all rules in `due` */
  fireSessions(
    recipients: AlertRecipients,
    kind: SessionAlertKind,
    due: readonly DueSession[],
  ): Promise<number>
  /** The newest alerts of each tenant, oldest first. */
  recent(tenants: readonly TenantId[], most: number): Promise<ReadonlyMap<TenantId, readonly AlertJson[]>>
  /** Alerts that fired or ended since, plus some earlier ones; by the database's clock. */
  changedSince(tenants: readonly TenantId[], since: string): Promise<readonly TenantAlert[]>
  now(): Promise<string>
}
