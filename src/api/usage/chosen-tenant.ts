import type { TenantId } from '../../accounting/ids.ts'
import type { Grant } from '../http/authorization.ts'
import { problem, type Reply } from '../http/reply.ts'

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
    return { kind: 'none', reply: problem(400, 'an admin names the tenant: ?tenant=ID') }
  }
  const wanted = grant.kind === 'tenant' && named === null ? grant.tenant : named
  const tenant = tenants.find(id => id === wanted)
  const isTheirs = grant.kind === 'admin' || grant.tenant === tenant
  if (tenant === undefined || !isTheirs) return { kind: 'none', reply: problem(404, 'no such tenant') }
  return { kind: 'tenant', tenant }
}
