import { type RouterKey, routerKey } from '../accounting/ids.ts'
import type { Config, RouterConfig, TenantConfig } from './config.ts'
import { Secret } from './secret.ts'

export interface TenantRouter {
  readonly tenant: TenantConfig
  readonly router: RouterConfig
}

export interface RouterChange extends TenantRouter {
  readonly before: RouterConfig
  /** `reconnect`: its connection has to be made anew, or ended. `settings`: the next poll can go by the new values. */
  readonly kind: 'reconnect' | 'settings'
}

/**
 * What a reload has to do. Routers of added and removed tenants are among the routers added and removed. Alerts,
 * webhooks and what tokens are verified by are in none of it: whoever goes by them takes those of the new config.
 */
export interface Difference {
  readonly tenantsAdded: readonly TenantConfig[]
  readonly tenantsRemoved: readonly TenantConfig[]
  /** Another name or timezone. */
  readonly tenantsChanged: readonly TenantConfig[]
  readonly routersAdded: readonly TenantRouter[]
  readonly routersRemoved: readonly TenantRouter[]
  readonly routersChanged: readonly RouterChange[]
}

export function difference(before: Config, after: Config): Difference {
  const oldTenants = new Map(before.tenants.map(tenant => [tenant.id, tenant]))
  const newTenants = new Map(after.tenants.map(tenant => [tenant.id, tenant]))
  const oldRouters = routersOf(before)
  const newRouters = routersOf(after)
  return {
    tenantsAdded: after.tenants.filter(({ id }) => !oldTenants.has(id)),
    tenantsRemoved: before.tenants.filter(({ id }) => !newTenants.has(id)),
    tenantsChanged: after.tenants.filter(({ id, name, timezone }) => {
      const old = oldTenants.get(id)
      return old !== undefined && (old.name !== name || old.timezone !== timezone)
    }),
    routersAdded: without(newRouters, oldRouters),
    routersRemoved: without(oldRouters, newRouters),
    routersChanged: changes(oldRouters, newRouters),
  }
}

/**
 * Keys of the file that the daemon does not go by until its next start.
 * @param started the config that it was started with
 */
export function restartNeeded(started: Config, after: Config): readonly string[] {
  return RESTART_KEYS.filter(([, part]) => !isSame(part(started), part(after))).map(([key]) => key)
}

/** Everything but tenants and what is settled per router. */
const RESTART_KEYS: readonly (readonly [key: string, part: (config: Config) => unknown])[] = [
  ['database', config => config.database],
  ['poll.spread', config => config.poll.spread],
  ['poll.listen', config => config.poll.listen],
  ['poll.concurrency', config => config.poll.concurrency],
  ['poll.stale_after', config => config.poll.staleAfterMs],
  ['commit', config => config.commit],
  ['lease', config => config.lease],
  ['journal', config => config.journal],
  ['server', config => config.server],
  ['snapshots', config => config.snapshots],
  ['pusher', config => config.pusher],
  ['retention', config => config.retention],
  ['bucket', config => config.bucketMs],
]

function routersOf(config: Config): Map<RouterKey, TenantRouter> {
  const pairs = config.tenants.flatMap(tenant => tenant.routers.map(router => ({ tenant, router })))
  return new Map(pairs.map(pair => [routerKey(pair.tenant.id, pair.router.id), pair]))
}

function without(
  routers: Map<RouterKey, TenantRouter>,
  others: Map<RouterKey, TenantRouter>,
): TenantRouter[] {
  return [...routers].filter(([key]) => !others.has(key)).map(([, pair]) => pair)
}

function changes(before: Map<RouterKey, TenantRouter>, after: Map<RouterKey, TenantRouter>): RouterChange[] {
  const changed: RouterChange[] = []
  for (const [key, pair] of after) {
    const old = before.get(key)?.router
    if (old === undefined || isSame(old, pair.router)) continue
    const isConnectionSame = isSame(connectionOf(old), connectionOf(pair.router))
    changed.push({ ...pair, before: old, kind: isConnectionSame ? 'settings' : 'reconnect' })
  }
  return changed
}

/** With the hotspot's domain, since rows are only told whole at first. */
function connectionOf(router: RouterConfig): unknown {
  const { host, port, tls, username, password, services, enabled, hotspotDomain } = router
  return { host, port, tls, username, password, services, enabled, hotspotDomain }
}

/** Deep equality of a config's values, in which secrets count. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (a instanceof Secret) return b instanceof Secret && a.equals(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(key => Object.hasOwn(b, key) && isSame(Reflect.get(a, key), Reflect.get(b, key)))
}
