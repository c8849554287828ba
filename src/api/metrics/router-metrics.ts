import type { RouterId, TenantId } from '../../accounting/ids.ts'
import type { LimitUse } from '../../accounting/limit-use.ts'
import type { Service } from '../../accounting/reading.ts'
import { type Page, series } from './series.ts'

/** What is measured of a router that this daemon reads. */
export interface RouterMeasure {
  readonly tenant: TenantId
  readonly router: RouterId
  /** Absent where it is not to be read. */
  readonly isOnline: boolean | undefined
  readonly lastReadingAt: Date | undefined
  readonly latencyMs: number | undefined
  readonly failures: number
  /** Whether it sends, or has, more than it may. */
  readonly isOverloaded: boolean
  /** Rows of its last readings that no session was opened for. */
  readonly leftOut: number
  /** Counted under `(others)` since the daemon began, for names beyond what it may have on a day. */
  readonly othersBytes: number
  readonly skippedTicks: number
  /** Ticks at which it was not read since more than its share waited for the database. */
  readonly putOffPolls: number
  /** What of it waits for the database, in bytes of memory. */
  readonly uncommittedBytes: number
  /** Its events that were added to others, since there were too many. */
  readonly joinedEvents: number
  readonly limits: readonly LimitUse[]
  /** In its last reading; a service that was never read is absent. */
  readonly sessions: ReadonlyMap<Service, number>
  /** How many of them have no counters; absent where no service was ever read. */
  readonly uncounted: number | undefined
  /** Estimated bytes that sessions moved between their last reading and their logout, since the daemon began. */
  readonly tail: { readonly upload: number; readonly download: number }
}

/** @param measures as they are whenever they are asked for */
export function tellOfRouters(page: Page, measures: { routers(): Iterable<RouterMeasure> }): void {
  const perRouter = (
    kind: 'gauge' | 'counter',
    name: string,
    help: string,
    of: (router: RouterMeasure) => number | undefined,
  ) =>
    series(page, kind, [name, help], ['tenant', 'router'], function* () {
      for (const router of measures.routers()) {
        const value = of(router)
        if (value !== undefined) yield [{ tenant: router.tenant, router: router.router }, value]
      }
    })
  perRouter('gauge', 'tikmeter_router_online', 'Whether the router answers.', it =>
    it.isOnline === undefined ? undefined : Number(it.isOnline),
  )
  perRouter('gauge', 'tikmeter_router_last_reading_timestamp_seconds', 'When it was last read.', it =>
    it.lastReadingAt ? it.lastReadingAt.getTime() / 1000 : undefined,
  )
  perRouter('gauge', 'tikmeter_router_poll_duration_seconds', 'How long its last complete poll took.', it =>
    it.latencyMs === undefined ? undefined : it.latencyMs / 1000,
  )
  perRouter(
    'gauge',
    'tikmeter_router_consecutive_failures',
    'Polls and connections that failed in a row.',
    it => it.failures,
  )
  perRouter('gauge', 'tikmeter_router_overloaded', 'Whether it sends, or has, more than it may.', it =>
    Number(it.isOverloaded),
  )
  perRouter(
    'counter',
    'tikmeter_router_skipped_ticks_total',
    'Ticks at which it was not read, since its loop began.',
    it => it.skippedTicks,
  )
  perRouter(
    'counter',
    'tikmeter_router_put_off_polls_total',
    'Ticks at which it was held back: more than its share waited for the database.',
    it => it.putOffPolls,
  )
  perRouter(
    'gauge',
    'tikmeter_router_uncommitted_bytes',
    'Memory that is taken by what of it waits for the database, about.',
    it => it.uncommittedBytes,
  )
  perRouter(
    'counter',
    'tikmeter_router_joined_events_total',
    'Its events that were too many to be kept one by one: they were counted, and their bytes added up.',
    it => it.joinedEvents,
  )
  perRouter(
    'counter',
    'tikmeter_tail_upload_bytes_total',
    'Estimated bytes uploaded between last readings and logouts, by the sessions’ last rates; not recorded.',
    it => it.tail.upload,
  )
  perRouter(
    'counter',
    'tikmeter_tail_download_bytes_total',
    'Estimated bytes downloaded between last readings and logouts, by the sessions’ last rates; not recorded.',
    it => it.tail.download,
  )
  perRouter(
    'gauge',
    'tikmeter_router_uncounted_sessions',
    'Sessions in its last reading that had no counters: what they move is not counted now.',
    it => it.uncounted,
  )
  perRouter(
    'gauge',
    'tikmeter_router_left_out_sessions',
    'Sessions in its last reading beyond its limits: nothing of them is counted.',
    it => it.leftOut,
  )
  perRouter(
    'counter',
    'tikmeter_router_others_bytes_total',
    'Bytes counted as (others) in the daily tables: the router has more names in a day than twice max_sessions.',
    it => it.othersBytes,
  )
  series(
    page,
    'gauge',
    ['tikmeter_router_limit_used_ratio', 'How much of a limit it uses; 1 is all of it.'],
    ['tenant', 'router', 'limit'],
    function* () {
      for (const { tenant, router, limits } of measures.routers())
        for (const { limit, used, allowed } of limits) yield [{ tenant, router, limit }, used / allowed]
    },
  )
  series(
    page,
    'gauge',
    ['tikmeter_router_sessions', 'Sessions in its last reading.'],
    ['tenant', 'router', 'service'],
    function* () {
      for (const { tenant, router, sessions } of measures.routers())
        for (const [service, its] of sessions) yield [{ tenant, router, service }, its]
    },
  )
}
