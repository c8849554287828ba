import { type RouterKey, routerId, routerKey, tenantId } from '../../accounting/ids.ts'

/** The key of a router from two columns of a row. @throws RangeError if one of them is not a config id */
export function rowKey(tenant: string, router: string): RouterKey {
  return routerKey(tenantId(tenant), routerId(router))
}
