import type { Service } from '../accounting/reading.ts'
import type { LiveService } from '../live/service.ts'
import type { RouterHealth } from '../poller/router-health.ts'
import type { RouterRef } from '../recording/ports.ts'
import type { RouterBook } from '../recording/router-book.ts'
import type { Measured, Metrics } from '../runtime/metrics.ts'
import { limitUsesOf } from './limit-uses.ts'

type BookNumbers = Pick<RouterBook, 'crowding' | 'joinedEvents' | 'key' | 'load' | 'others' | 'tail'>

/** The measured part of a router's book. */
export interface MeasuredBook extends BookNumbers {
  readonly about: RouterRef
  readonly lives: ReadonlyMap<Service, Pick<LiveService, 'sessions' | 'uncounted'>>
}

/** The routers that this daemon reads, and their health; `undefined` for a router that is not polled. */
export interface MeasuredRouters {
  readonly books: { values(): Iterable<MeasuredBook> }
  readonly poller: { health(router: MeasuredBook['key']): RouterHealth | undefined }
}

/** Measures each router from its book and its polls. */
export function measureRouters(metrics: Metrics, { books, poller }: MeasuredRouters): void {
  const each = (of: (book: MeasuredBook, health: RouterHealth | undefined) => number | undefined) =>
    function* (): Iterable<Measured> {
      for (const book of books.values()) {
        const value = of(book, poller.health(book.key))
        if (value !== undefined) yield [labelsOf(book), value]
      }
    }
  const gauge = (name: string, help: string, of: Parameters<typeof each>[0]) =>
    metrics.gauges(name, help, LABELS, each(of))
  const counter = (name: string, help: string, of: Parameters<typeof each>[0]) =>
    metrics.counters(name, help, LABELS, each(of))
  gauge('tikmeter_router_online', 'Whether the router answers.', (_, health) =>
    health && health.state !== 'disabled' ? Number(health.state === 'online') : undefined,
  )
  gauge(
    'tikmeter_router_last_reading_timestamp_seconds',
    'Time of its last reading.',
    (_, health) => health?.lastReadingAt && health.lastReadingAt.getTime() / 1000,
  )
  gauge('tikmeter_router_poll_duration_seconds', 'Duration of its last complete poll.', (_, health) =>
    health?.latencyMs === undefined ? undefined : health.latencyMs / 1000,
  )
  gauge(
    'tikmeter_router_consecutive_failures',
    'Consecutive failed polls and connections.',
    (_, health) => health?.failures ?? 0,
  )
  gauge('tikmeter_router_overloaded', 'Whether it exceeds one of its limits.', (book, health) =>
    Number(health?.overloaded !== undefined || book.crowding.leftOut > 0),
  )
  counter(
    'tikmeter_router_skipped_ticks_total',
    'Ticks at which it was not read, since its loop started.',
    (_, health) => health?.skippedTicks ?? 0,
  )
  counter(
    'tikmeter_router_put_off_polls_total',
    'Ticks at which it was held back: more than its share waited for the database.',
    (_, health) => health?.putOffPolls ?? 0,
  )
  gauge(
    'tikmeter_router_uncommitted_bytes',
    'Approximate memory taken by what waits of it for the database.',
    book => book.load.bytes,
  )
  counter(
    'tikmeter_router_joined_events_total',
    'Its events that were too many to keep one by one: they were counted, and their bytes added up.',
    book => book.joinedEvents,
  )
  counter(
    'tikmeter_tail_upload_bytes_total',
    'Estimated bytes uploaded between last readings and logouts, by the sessions’ last rates; not recorded.',
    book => book.tail.upload,
  )
  counter(
    'tikmeter_tail_download_bytes_total',
    'Estimated bytes downloaded between last readings and logouts, by the sessions’ last rates; not recorded.',
    book => book.tail.download,
  )
  gauge(
    'tikmeter_router_uncounted_sessions',
    'Sessions in its last reading without counters: their bytes are not counted now.',
    book => uncountedOf(book),
  )
  gauge(
    'tikmeter_router_left_out_sessions',
    'Sessions in its last reading beyond its limits: they are not counted.',
    book => book.crowding.leftOut,
  )
  counter(
    'tikmeter_router_others_bytes_total',
    'Bytes counted as (others) in the daily tables: the router has more names in a day than twice max_sessions.',
    book => Number(book.others.upload + book.others.download),
  )
  metrics.gauges(
    'tikmeter_router_limit_used_ratio',
    'The used part of a limit; 1 is all of it.',
    [...LABELS, 'limit'],
    function* () {
      for (const book of books.values())
        for (const { limit, used, allowed } of limitUsesOf(book, poller.health(book.key)))
          yield [{ ...labelsOf(book), limit }, used / allowed]
    },
  )
  metrics.gauges(
    'tikmeter_router_sessions',
    'Sessions in its last reading.',
    [...LABELS, 'service'],
    function* () {
      for (const book of books.values())
        for (const [service, live] of [...book.lives].sort(([a], [b]) => (a < b ? -1 : 1)))
          yield [{ ...labelsOf(book), service }, live.sessions]
    },
  )
}

const LABELS = ['tenant', 'router']

function labelsOf({ about }: MeasuredBook) {
  return { tenant: about.tenant, router: about.router }
}

/** Sessions without counters, of all services; `undefined` before one was read. */
function uncountedOf({ lives }: MeasuredBook): number | undefined {
  return lives.size === 0
    ? undefined
    : Array.from(lives.values()).reduce((sum, live) => sum + live.uncounted, 0)
}
