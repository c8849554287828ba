import { type RouterKey, routerId, routerKey, tenantId } from '../accounting/ids.ts'
import type { TenantConfig } from '../config/config.ts'
import type { ConfiguredRouter } from '../config/difference.ts'
import type { RouterRef } from '../recording/ports.ts'
import type { RecordedRouter } from '../recording/router-book.ts'
import type { SyncedTenant } from './ports.ts'

export function configuredKey({ tenant, router }: ConfiguredRouter): RouterKey {
  return routerKey(tenant.id, router.id)
}

export function configuredRef({ tenant, router }: ConfiguredRouter): RouterRef {
  return { tenant: tenant.id, router: router.id }
}

/** The tenant and the router that a key names. */
export function refOf(key: RouterKey): RouterRef {
  const [tenant = '', router = ''] = key.split('/')
  return { tenant: tenantId(tenant), router: routerId(router) }
}

/** What the recorder needs to know of a router. */
export function recordedRouter({ tenant, router }: ConfiguredRouter): RecordedRouter {
  const { plausibleBitsPerSecond, stalledAfterMs, maxSessions, newSessionsPerHour } = router
  return {
    ...{ tenant: tenant.id, router: router.id, name: router.name },
    terms: { plausibleBitsPerSecond, stalledAfterMs },
    limits: { maxSessions, newSessionsPerHour },
  }
}

/** What the tables have of a tenant. */
export function syncedTenant({ id, name, timezone, routers }: TenantConfig): SyncedTenant {
  return {
    ...{ id, name, timezone },
    routers: routers.map(router => ({ id: router.id, name: router.name ?? router.id, host: router.host })),
  }
}
