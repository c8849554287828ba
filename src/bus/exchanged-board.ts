import type { Calendar } from '../accounting/calendar.ts'
import type { TenantId } from '../accounting/ids.ts'
import type { PartRouter, TenantPartsShown } from '../live/part.ts'
import type { SessionJson, Snapshot, Totals } from '../live/snapshot.ts'

/** The live numbers that are exchanged: those of the routers that are read here, and a place for those of others. */
export interface ExchangedBoard {
  tenants(): readonly TenantId[]
  snapshot(tenant: TenantId, now: Date): Snapshot | undefined
  totals(tenant: TenantId, now: Date): Totals | undefined
  sessions(tenant: TenantId, now: Date): Iterable<SessionJson> | undefined
  calendar(tenant: TenantId): Calendar | undefined
  /** What is read here of a tenant. */
  part(tenant: TenantId, now: Date): readonly PartRouter[]
  /** @param at the moment of all parts, if our own is among them */
  setParts(tenant: TenantId, parts: TenantPartsShown, at: Date | undefined): void
}
