import type { ClientBase } from 'pg'
import { Calendar } from '../../accounting/calendar.ts'

/** A tenant, and what its days are counted in. */
export interface TenantZone {
  readonly id: string
  readonly timezone: string
}

/** Reads tenants, removed ones too, by id. @param tenant only this one; `undefined`: all */
export async function tenantZones(
  client: Pick<ClientBase, 'query'>,
  tenant: string | undefined,
): Promise<readonly TenantZone[]> {
  const { rows } = await client.query<TenantZone>(
    'select id, timezone from tik.tenants where $1::text is null or id = $1 order by id',
    [tenant],
  )
  return rows
}

/** What is asked for of a tenant's days: from the first one to the last one, `2026-11-01`. `undefined`: no limit. */
export interface AskedDays {
  readonly from: string | undefined
  readonly to: string | undefined
}

/**
 * The instants at which days begin and have ended. They come from the daemon's calendar: PostgreSQL knows other zones, and
 * a few names that mean another one.
 */
export function instantsOf(
  { timezone }: TenantZone,
  { from, to }: AskedDays,
): { readonly begin: Date | undefined; readonly end: Date | undefined } {
  const calendar = new Calendar(timezone)
  const startOf = (day: string) => new Date(calendar.dayNamed(day).startMs)
  return {
    begin: from === undefined ? undefined : startOf(from),
    end: to === undefined ? undefined : startOf(dayAfter(to)),
  }
}

/** The first day of the tenant's month at an instant. */
export function firstOfMonth({ timezone }: TenantZone, atMs: number): string {
  return `${new Calendar(timezone).dayAt(atMs).name.slice(0, 7)}-01`
}

function dayAfter(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)
}
