import type { TenantId } from '../../accounting/ids.ts'
import type { Grant } from '../http/authorization.ts'
import { problem, type Reply } from '../http/reply.ts'

/**
 * Whose numbers are asked for: a tenant's own, whether it names itself or not, and those that an admin names in `?tenant=`.
 * Whether someone else's tenant exists is nobody's business: it is 404 like one that doesn't.
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
