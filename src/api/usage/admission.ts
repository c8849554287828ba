import type { Calendar } from '../../accounting/calendar.ts'
import type { TenantId } from '../../accounting/ids.ts'
import type { Grant } from '../../auth/bearer.ts'
import { problem, type Reply } from '../http/reply.ts'
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

/**
 * The tenant of a request: a tenant's own, whether `?tenant=` names it or not, or the one that an admin names there.
 * Someone else's tenant is 404 like one that does not exist, so that nobody learns which exist.
 */
export function chosenTenant(
  grant: Grant,
  query: URLSearchParams,
  tenants: readonly TenantId[],
): { readonly kind: 'tenant'; readonly tenant: TenantId } | { readonly kind: 'none'; readonly reply: Reply } {
  const named = query.get('tenant')
  if (grant.kind === 'admin' && named === null) {
    return { kind: 'none', reply: problem(400, 'an admin must name the tenant: ?tenant=ID') }
  }
  const wanted = grant.kind === 'tenant' && named === null ? grant.tenant : named
  const tenant = tenants.find(id => id === wanted)
  const isTheirs = grant.kind === 'admin' || grant.tenant === tenant
  if (tenant === undefined || !isTheirs) return { kind: 'none', reply: problem(404, 'no such tenant') }
  return { kind: 'tenant', tenant }
}
