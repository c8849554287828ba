import { type RouterKey, routerKey } from '../accounting/ids.ts'
import type { TenantConfig } from '../config/config.ts'
import type { TenantRouter } from '../config/difference.ts'
import type { RouterRef } from '../recording/ports.ts'
import type { RecordedRouter } from '../recording/router-book.ts'
import type { SyncedTenant } from './ports.ts'

export function listedKey({ tenant, router }: TenantRouter): RouterKey {
  return routerKey(tenant.id, router.id)
}

export function refOf({ tenant, router }: TenantRouter): RouterRef {
  return { tenant: tenant.id, router: router.id }
}

/** What the recorder goes by. */
export function recorded({ tenant, router }: TenantRouter): RecordedRouter {
  const { plausibleBitsPerSecond, stalledAfterMs, maxSessions, newSessionsPerHour } = router
  return {
    ...{ tenant: tenant.id, router: router.id, name: router.name },
    terms: { plausibleBitsPerSecond, stalledAfterMs },
    limits: { maxSessions, newSessionsPerHour },
  }
}

/** What the database is told. */
export function named({ id, name, timezone, routers }: TenantConfig): SyncedTenant {
  return {
    ...{ id, name, timezone },
    routers: routers.map(router => ({ id: router.id, name: router.name ?? router.id, host: router.host })),
  }
}
