import type { Calendar } from '../../accounting/calendar.ts'
import type { TenantId } from '../../accounting/ids.ts'
import type { Grant } from '../http/authorization.ts'
import { problem, type Reply } from '../http/reply.ts'
import { chosenTenant } from './chosen-tenant.ts'
import type { ReadGate } from './read-limits.ts'
import type { Calendars } from './usage-source.ts'

/** The tenant whose tables a request may read now, or the answer if it may not, or sends too many requests. */
export function admission(
  grant: Grant,
  query: URLSearchParams,
  { calendars, gate }: { readonly calendars: Calendars; readonly gate: ReadGate },
):
  | { readonly kind: 'admitted'; readonly tenant: TenantId; readonly calendar: Calendar }
  | { readonly kind: 'none'; readonly reply: Reply } {
  const chosen = chosenTenant(grant, query, calendars.tenants())
  if (chosen.kind === 'none') return chosen
  const { tenant } = chosen
  const calendar = calendars.calendar(tenant)
  if (calendar === undefined) return { kind: 'none', reply: problem(404, 'no such tenant') }
  const refused = gate.enter(grant)
  return refused === undefined ? { kind: 'admitted', tenant, calendar } : { kind: 'none', reply: refused }
}
