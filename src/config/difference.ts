import { type RouterKey, routerKey } from '../accounting/ids.ts'
import type { Config, RouterConfig, TenantConfig } from './config.ts'
import { Secret } from './fields/secret.ts'

/** A router of the config, with its tenant. */
export interface ConfiguredRouter {
  readonly tenant: TenantConfig
  readonly router: RouterConfig
}

export interface RouterChange extends ConfiguredRouter {
  /** Whether its poll loop must restart with a new connection. If not, only the next reading is judged by new terms. */
  readonly isPolledAnew: boolean
}

/**
 * The work of a reload. Routers of added and removed tenants are among the routers added and removed. Alerts, webhooks
 * and token keys are not part of it: the components that use them take them from the new config.
 */
export interface Difference {
  readonly tenantsAdded: readonly TenantConfig[]
  readonly tenantsRemoved: readonly TenantConfig[]
  /** Another name or timezone. */
  readonly tenantsChanged: readonly TenantConfig[]
  readonly routersAdded: readonly ConfiguredRouter[]
  readonly routersRemoved: readonly ConfiguredRouter[]
  readonly routersChanged: readonly RouterChange[]
}

/** The routers of a config, by key. */
export type ConfiguredRouters = ReadonlyMap<RouterKey, ConfiguredRouter>

/** Collects the routers of a config, one router a step. */
export function* routersIn({ tenants }: Pick<Config, 'tenants'>): Generator<void, ConfiguredRouters> {
  const routers = new Map<RouterKey, ConfiguredRouter>()
  for (const tenant of tenants)
    for (const router of tenant.routers) {
      routers.set(routerKey(tenant.id, router.id), { tenant, router })
      yield
    }
  return routers
}

/** A config with its routers by key. */
export interface KeyedConfig {
  readonly tenants: Config['tenants']
  readonly routers: ConfiguredRouters
}

/** Compares two configs, one router a step. */
export function* difference(before: KeyedConfig, after: KeyedConfig): Generator<void, Difference> {
  const oldTenants = new Map(before.tenants.map(tenant => [tenant.id, tenant]))
  const newTenants = new Map(after.tenants.map(tenant => [tenant.id, tenant]))
  return {
    tenantsAdded: after.tenants.filter(({ id }) => !oldTenants.has(id)),
    tenantsRemoved: before.tenants.filter(({ id }) => !newTenants.has(id)),
    tenantsChanged: after.tenants.filter(({ id, name, timezone }) => {
      const old = oldTenants.get(id)
      return old !== undefined && (old.name !== name || old.timezone !== timezone)
    }),
    routersAdded: yield* without(after.routers, before.routers),
    routersRemoved: yield* without(before.routers, after.routers),
    routersChanged: yield* changes(before.routers, after.routers),
  }
}

/**
 * Keys of the file whose changes only take effect after a restart.
 * @param started the config with which the daemon was started
 */
export function restartNeeded(started: Config, after: Config): readonly string[] {
  return RESTART_KEYS.filter(([, part]) => !isSame(part(started), part(after))).map(([key]) => key)
}

/** Everything except the tenants and the settings of single routers. */
const RESTART_KEYS: readonly (readonly [key: string, part: (config: Config) => unknown])[] = [
  ['database', config => config.database],
  ['poll.spread', config => config.poll.spread],
  ['poll.listen', config => config.poll.listen],
  ['poll.concurrency', config => config.poll.concurrency],
  ['poll.stale_after', config => config.poll.staleAfterMs],
  ['bus', config => config.bus],
  ['commit', config => config.commit],
  ['lease', config => config.lease],
  ['journal', config => config.journal],
  ['server', config => listeningOf(config.server)],
  ['snapshots', config => config.snapshots],
  ['pusher', config => config.pusher],
  ['publish', config => config.publish],
  ['retention', config => config.retention],
  ['bucket', config => config.bucketMs],
]

/**
 * The part of `server` that needs a restart. New certificates and a new token for `/metrics` take effect at once, but
 * not HTTPS itself or a separate port for the metrics.
 */
function listeningOf({ metrics, tls, ...server }: Config['server']): unknown {
  return { ...server, metricsAt: metrics.at, isTls: tls !== undefined }
}

function* without(
  routers: ConfiguredRouters,
  others: ConfiguredRouters,
): Generator<void, readonly ConfiguredRouter[]> {
  const left: ConfiguredRouter[] = []
  for (const [key, pair] of routers) {
    if (!others.has(key)) left.push(pair)
    yield
  }
  return left
}

function* changes(
  before: ConfiguredRouters,
  after: ConfiguredRouters,
): Generator<void, readonly RouterChange[]> {
  const changed: RouterChange[] = []
  for (const [key, pair] of after) {
    yield
    const old = before.get(key)?.router
    if (old === undefined || isSame(old, pair.router)) continue
    const isPolledAnew = !isSame(pollingOf(old), pollingOf(pair.router))
    changed.push({ ...pair, isPolledAnew })
  }
  return changed
}

/** Everything except the name and the terms. The hotspot domain is included because only first rows are complete. */
function pollingOf(router: RouterConfig): unknown {
  const { host, port, tls, username, password, services, enabled, hotspotDomain } = router
  const { schedule, timeoutMs, maxSessions } = router
  return [
    host,
    port,
    tls,
    username,
    password,
    services,
    enabled,
    hotspotDomain,
    schedule,
    timeoutMs,
    maxSessions,
  ]
}

/** Deep equality of config values, including secrets. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (a instanceof Secret) return b instanceof Secret && a.equals(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(key => Object.hasOwn(b, key) && isSame(Reflect.get(a, key), Reflect.get(b, key)))
}
