import { addSums, type ByteSum, NO_SUM } from '../accounting/bytes.ts'
import type { Calendar } from '../accounting/calendar.ts'
import type { RouterId, TenantId } from '../accounting/ids.ts'
import type { MissingMenu, Service } from '../accounting/reading.ts'
import type { DistinctNames } from './distinct-names.ts'
import type { Rollup } from './rollup.ts'
import type { LiveService } from './service.ts'
import {
  type RouterJson,
  type RouterState,
  type ShownService,
  type Snapshot,
  statsOf,
  type Totals,
} from './snapshot.ts'

/**
 * Everything from which a tenant's snapshot is made. The main file of `live/`: the ledgers and decisions of routers go
 * in (`service.ts`, `rollup.ts`); rates, who is online, and snapshots come out. It is pure, and imports `accounting/`.
 */
export interface TenantView {
  readonly tenant: TenantId
  readonly calendar: Calendar
  /** Rollups of all its routers, including those of other daemons. Their sum is the tenant's. */
  readonly rollups: readonly Rollup[]
  readonly routers: readonly RouterView[]
  /** The shown services, in their order. Names are kept from one snapshot to the next, because mostly the same are online. */
  readonly services: readonly (ShownService & { readonly distinct: DistinctNames })[]
}

export interface RouterView {
  readonly id: RouterId
  readonly name: string
  readonly state: RouterState
  readonly error: string | undefined
  readonly missingMenus: readonly MissingMenu[]
  /** What it has too much of, if anything. */
  readonly overloaded: string | undefined
  /** By service, once it was read. */
  readonly lives: ReadonlyMap<Service, LiveService>
  /** How long a reading may take to become known here. */
  readonly lagMs: number
}

/**
 * The totals of a tenant's snapshot.
 * @param staleAfterMs a service without a reading for this long leaves the live counts (docs/accounting.md rule 4)
 */
export function totalsOf(view: TenantView, now: Date, staleAfterMs: number): Totals {
  const { name: day } = view.calendar.dayAt(now.getTime())
  const services = view.services.map(service => {
    const fresh = view.routers.flatMap(it => freshOf(it, service.name, now, staleAfterMs) ?? [])
    return { ...service, fresh }
  })
  const all = services.flatMap(({ fresh }) => fresh)
  return {
    total: sumUp(view.rollups, rollup => rollup.total),
    month: sumUp(view.rollups, rollup => rollup.month(day.slice(0, 7))),
    today: sumUp(view.rollups, rollup => rollup.day(day)),
    uploadBps: sum(all, live => live.uploadBps),
    downloadBps: sum(all, live => live.downloadBps),
    activeSessions: sum(all, live => live.sessions),
    subscribers: services.map(({ name, usersField, distinct, fresh }) => {
      return { name, usersField, online: distinct.count(fresh.map(live => live.subscribers)) }
    }),
    routers: view.routers.map(router => router.state),
  }
}

export function snapshotOf(view: TenantView, now: Date, staleAfterMs: number): Snapshot {
  const { name: day } = view.calendar.dayAt(now.getTime())
  const where = { day, timezone: view.calendar.timezone }
  return {
    tenant: view.tenant,
    asOf: now,
    stats: statsOf(totalsOf(view, now, staleAfterMs), where, now),
    routers: view.routers.map(router => routerJson(view, router, now, staleAfterMs)),
  }
}

function routerJson(
  { services }: TenantView,
  router: RouterView,
  now: Date,
  staleAfterMs: number,
): RouterJson {
  const fresh = services.map(({ name }) => [name, freshOf(router, name, now, staleAfterMs)] as const)
  const readings = Array.from(router.lives.values(), ({ readAt }) => readAt.getTime())
  const last = readings.length === 0 ? undefined : new Date(Math.max(...readings))
  return {
    id: router.id,
    name: router.name,
    state: router.state,
    last_reading_at: last?.toISOString() ?? null,
    ...{ hotspot: 0, ppp: 0 },
    ...Object.fromEntries(fresh.map(([name, live]) => [name, live?.sessions ?? 0])),
    uncounted: sum(fresh, ([, live]) => live?.uncounted ?? 0),
    missing_menus: router.missingMenus,
    error: router.error ?? null,
    ...(router.overloaded === undefined ? {} : { overloaded: true, overloaded_reason: router.overloaded }),
  }
}

function freshOf(
  router: RouterView,
  service: Service,
  now: Date,
  staleAfterMs: number,
): LiveService | undefined {
  const live = router.lives.get(service)
  return isFresh(live, now, staleAfterMs + router.lagMs) ? live : undefined
}

export function isFresh(live: LiveService | undefined, now: Date, staleAfterMs: number): live is LiveService {
  // A reading from the future was made before the clock was set back, so it counts as old.
  return live !== undefined && Math.abs(now.getTime() - live.readAt.getTime()) < staleAfterMs
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

function sumUp(rollups: readonly Rollup[], of: (rollup: Rollup) => ByteSum): ByteSum {
  return rollups.reduce((total, rollup) => addSums(total, of(rollup)), NO_SUM)
}
