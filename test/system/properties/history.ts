import fc from 'fast-check'
import type { Bytes } from '../../../src/accounting/bytes.ts'
import type { SimulatedService } from '../../harness/services.ts'
import { type Lie, lies } from './lies.ts'

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** How long a reading's answer takes, and what it looks like. */
export interface Trip {
  readonly latencyMs: number
  /** Places each row's uptime somewhere between the question and the answer. */
  readonly jitter: number
  readonly isReversed: boolean
  /** The PPP session with unknown counters in this round, if any. */
  readonly hidden: number | undefined
}

/**
 * What happens to a router or to the daemon that reads it, after some time:
 *
 *     log-in-again   a session ends, and its subscriber returns at the same address, with the same session-id in PPP
 *     reset          `/interface/reset-counters` on one session
 *     readdress      a hotspot session's address changes
 *     lie            the router shows something untrue of a session; only in histories that are not honest
 *     swap           another router answers at the address, or the previous one again; only in such histories too
 *     poll           a reading arrives, and is recorded, or is taken twice, or the process is killed:
 *                    once the reading is journaled, or before that
 *     failed-poll    the router is asked, and gives no complete answer
 *     set-wall       the wall clock of the daemon's machine is set, and the process continues
 *     clock          nobody comes or goes meanwhile; in histories with sleeps, the daemon's machine sleeps for a few
 *                    seconds, which its steady clock does not notice; in others the daemon is stopped, its clock is
 *                    set, and it is started again
 *     commit         the database answers, or its answer is lost, or it does not answer
 *     checkpoint     the journal begins a new segment with all that is pending, beside the old one or in its place
 *     crash          the process is killed, and the next one continues; the wall clock is right again
 */
export type Event =
  | {
      readonly kind: 'log-in'
      readonly service: SimulatedService
      readonly user: number
      readonly place: number
    }
  | { readonly kind: 'log-out'; readonly service: SimulatedService; readonly which: number }
  | { readonly kind: 'log-in-again'; readonly service: SimulatedService; readonly which: number }
  | { readonly kind: 'move'; readonly shift: number; readonly bytes: Bytes }
  | { readonly kind: 'reset'; readonly service: SimulatedService; readonly which: number }
  | { readonly kind: 'readdress'; readonly which: number }
  | { readonly kind: 'lie'; readonly service: SimulatedService; readonly which: number; readonly lie: Lie }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'swap' }
  | {
      readonly kind: 'poll'
      readonly services: readonly SimulatedService[]
      readonly trip: Trip
      readonly fate: 'recorded' | 'taken twice' | 'killed once journaled' | 'killed before'
    }
  | { readonly kind: 'failed-poll'; readonly services: readonly SimulatedService[] }
  | { readonly kind: 'reconnect'; readonly latencyMs: number }
  | { readonly kind: 'set-wall'; readonly aheadMs: number }
  | {
      readonly kind: 'clock'
      readonly sleepMs: number
      readonly littleMs: number
      readonly muchMs: number
      readonly isLittle: boolean
      readonly isBack: boolean
      readonly pauseMs: number
      readonly bytes: Bytes
    }
  | { readonly kind: 'commit'; readonly answer: 'received' | 'lost' | 'none' }
  | { readonly kind: 'checkpoint'; readonly isOldKept: boolean }
  | { readonly kind: 'crash'; readonly isOldKept: boolean }

export interface Command {
  readonly afterMs: number
  readonly event: Event
}

/** A router, the daemon that reads it, and everything that happens to them. */
export interface History {
  readonly timezone: string
  readonly bucketMs: number
  readonly startMs: number
  readonly router: RouterBeginning
  readonly hasSleeps: boolean
  readonly isHonest: boolean
  readonly commands: readonly Command[]
}

export interface RouterBeginning {
  readonly upForMs: number
  /** The drift of its clock. */
  readonly driftPpm: number
  /** What static bindings have counted before the history. */
  readonly bindingBytes: Bytes
}

const most = (max: number) => fc.integer({ min: 0, max })
const service = fc.constantFrom<SimulatedService[]>('hotspot', 'ppp')
const services = fc.constantFrom<(readonly SimulatedService[])[]>(['hotspot', 'ppp'], ['hotspot'], ['ppp'])
const which = most(5)
const latencyMs = fc.oneof({ weight: 9, arbitrary: most(200) }, { weight: 1, arbitrary: most(2_000) })

/** An amount of any order of magnitude, including 0. */
const amount = most(20).chain(bits => most(2 ** bits - 1))
const bytes: fc.Arbitrary<Bytes> = fc.record({ upload: amount, download: amount })

const pauseMs = fc.oneof(
  { weight: 85, arbitrary: fc.integer({ min: 1, max: 10 * SECOND_MS }) },
  { weight: 12, arbitrary: most(HOUR_MS) },
  { weight: 3, arbitrary: most(DAY_MS) },
)

const trip: fc.Arbitrary<Trip> = fc.record({
  latencyMs,
  jitter: most(10_000),
  isReversed: fc.boolean(),
  hidden: fc.option(which, { nil: undefined, freq: 4 }),
})

const fate = fc.oneof(
  { weight: 20, arbitrary: fc.constant('recorded') },
  { weight: 4, arbitrary: fc.constant('taken twice') },
  { weight: 1, arbitrary: fc.constant('killed once journaled') },
  { weight: 1, arbitrary: fc.constant('killed before') },
)

const clock = fc.record({
  kind: fc.constant('clock'),
  sleepMs: most(5 * SECOND_MS),
  littleMs: fc.integer({ min: 2.5 * SECOND_MS, max: 62.5 * SECOND_MS }),
  muchMs: fc.integer({ min: 10 * MINUTE_MS, max: DAY_MS }),
  isLittle: fc.boolean(),
  isBack: fc.boolean(),
  pauseMs,
  bytes,
})

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 32, arbitrary: fc.record({ kind: fc.constant('poll'), services, trip, fate }) },
  { weight: 22, arbitrary: fc.record({ kind: fc.constant('move'), shift: most(2), bytes }) },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('log-in'), service, user: most(5), place: most(1) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('log-out'), service, which }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('log-in-again'), service, which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reset'), service, which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('readdress'), which }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('lie'), service, which, lie: lies }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('swap') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reboot') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('failed-poll'), services }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('reconnect'), latencyMs: most(400) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('set-wall'),
      aheadMs: fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }),
    }),
  },
  { weight: 2, arbitrary: clock },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('commit'),
      answer: fc.constantFrom('received', 'received', 'lost', 'none'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('checkpoint'), isOldKept: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('crash'), isOldKept: fc.boolean() }) },
)

const router: fc.Arbitrary<RouterBeginning> = fc.record({
  upForMs: fc.integer({ min: MINUTE_MS, max: 10 * DAY_MS }),
  driftPpm: fc.integer({ min: -50, max: 50 }),
  bindingBytes: bytes,
})

/** Any history. It shrinks to the shortest that fails. */
export const histories: fc.Arbitrary<History> = fc.record({
  timezone: fc.constantFrom('Africa/Nairobi', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe'),
  bucketMs: fc.constantFrom(15 * MINUTE_MS, 5 * MINUTE_MS, MINUTE_MS),
  // Includes the end of Berlin's summer time.
  startMs: fc.integer({ min: Date.UTC(2026, 9, 20), max: Date.UTC(2026, 10, 9) }),
  router,
  hasSleeps: fc.boolean(),
  isHonest: fc.boolean(),
  commands: fc.array(fc.record({ afterMs: pauseMs, event }), { maxLength: 120, size: 'max' }),
})
