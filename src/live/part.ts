import type { ByteSum } from '../accounting/bytes.ts'
import type { Service } from '../accounting/reading.ts'
import type { Rollup } from './rollup.ts'
import type { LiveService } from './service.ts'
import type { RouterView } from './tenant-view.ts'

/** A router in the part of a tenant's numbers that one daemon knows, because it reads the router. */
export interface PartRouter extends Omit<RouterView, 'lives' | 'lagMs'> {
  /** Of the lease under which it is read. If two daemons tell of one router, the higher one is right. */
  readonly epoch: number
  /** The tenant's day when the part was made, `2026-11-24`. */
  readonly day: string
  readonly total: ByteSum
  readonly month: ByteSum
  readonly today: ByteSum
  /** By service that was read. Their sets of names stay the same object while nobody comes or goes. */
  readonly services: ReadonlyMap<Service, LiveService>
}

/** A router as it is now, on the tenant's day. */
export function partRouter(
  { lives, lagMs: _, ...view }: RouterView,
  rollup: Rollup,
  epoch: number,
  day: string,
): PartRouter {
  const sums = { total: rollup.total, month: rollup.month(day.slice(0, 7)), today: rollup.day(day) }
  // A copy of `lives`, because the bytes are as of now too, and all of it is shown later.
  return { ...view, ...sums, services: new Map(lives), epoch, day }
}

/** The parts of a tenant's numbers, by the id of the daemon that reads the routers. */
export type TenantPartsShown = ReadonlyMap<
  string,
  {
    readonly routers: readonly PartRouter[]
    /** How old the part may be until the next one comes, in milliseconds. */
    readonly lagMs: number
  }
>
