import type { RouterId, RouterKey, TenantId } from '../accounting/ids.ts'
import type { Service } from '../accounting/reading.ts'
import type { PartRouter } from '../live/part.ts'
import { Rollup } from '../live/rollup.ts'
import type { LiveService } from '../live/service.ts'
import type { RouterView } from '../live/tenant-view.ts'
import type { StoredOtherRouter } from './ports.ts'

/** What the config says of a router that another daemon reads. */
export interface OtherRouterConfig {
  readonly name: string | undefined
  readonly enabled: boolean
}

/** A router that is not read here: another daemon reads it, or it was removed. */
export interface OtherRouter {
  /** What it was made from. */
  readonly stored: StoredOtherRouter | undefined
  /** As the database last had it. */
  readonly rollup: Rollup
  /** `undefined` for a removed router. */
  readonly view: Omit<RouterView, 'state'> | undefined
  readonly isEnabled: boolean
  /** Of the lease under which it was read here, if it has moved to another daemon since. */
  readonly movedFrom: number | undefined
}

/** What the database has of a tenant's other routers. */
export interface TenantOtherRouters {
  readonly tenant: TenantId
  readonly stored: ReadonlyMap<RouterId, StoredOtherRouter>
  /** The routers that are not among them, because they were read here. */
  readonly here: ReadonlySet<RouterKey>
  /** `undefined` for a router that our config does not list. */
  readonly configOf: (router: RouterId) => OtherRouterConfig | undefined
}

/** Makes a router from what the database has of it. Its rates are not known here. */
export function otherRouter(
  id: RouterId,
  config: OtherRouterConfig | undefined,
  stored: StoredOtherRouter,
  lagMs: number,
): OtherRouter {
  const { rollup, services } = stored
  const name = config ? (config.name ?? id) : stored.name
  const lives = new Map<Service, LiveService>()
  for (const [service, { readAt, online, uncounted }] of services) {
    const rates = { uploadBps: 0, downloadBps: 0, rates: () => new Map() }
    lives.set(service, {
      ...{ readAt, sessions: online.length, uncounted, subscribers: new Set(online) },
      ...rates,
    })
  }
  return {
    stored,
    rollup: new Rollup(rollup?.total, rollup?.days, rollup?.lastDecision),
    view:
      name === undefined
        ? undefined
        : { id, name, error: undefined, missingMenus: [], overloaded: undefined, lives, lagMs },
    isEnabled: config?.enabled ?? true,
    movedFrom: undefined,
  }
}

/** A router of another daemon, from that daemon's part of the tenant's numbers. */
export interface LiveOtherRouter {
  /** Of the lease under which it is read: the highest is right. */
  readonly epoch: number
  readonly rollup: Rollup
  readonly view: RouterView
}

/** @param lagMs how old the part may be until the next one comes */
export function liveOtherRouter(part: PartRouter, lagMs: number): LiveOtherRouter {
  const { id, name, state, error, missingMenus, overloaded, services: lives } = part
  const { day, total, month, today } = part
  const before = { upload: month.upload - today.upload, download: month.download - today.download }
  // The month's other days, as a day that no calendar has.
  const days = new Map([
    [day, today],
    [`${day.slice(0, 7)}-00`, before],
  ])
  return {
    epoch: part.epoch,
    rollup: new Rollup(total, days),
    view: { id, name, state, error, missingMenus, overloaded, lives, lagMs },
  }
}

/** The routers of several parts; each from the daemon that took it last. */
export function newestOf(
  parts: Iterable<ReadonlyMap<RouterId, LiveOtherRouter>>,
): Map<RouterId, LiveOtherRouter> {
  const newest = new Map<RouterId, LiveOtherRouter>()
  for (const part of parts)
    for (const [router, it] of part) if (it.epoch > (newest.get(router)?.epoch ?? -1)) newest.set(router, it)
  // In one order at all daemons, so that sums of rates are the same.
  return new Map([...newest].sort(([a], [b]) => (a < b ? -1 : 1)))
}
