import { type Decision, END_REASONS, EVENT_KINDS, type LedgerEvent } from '../accounting/entry.ts'
import type { RouterKey } from '../accounting/ids.ts'
import type { Service } from '../accounting/reading.ts'
import type { SharedSpace } from '../accounting/waiting/waiting-share.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { CommitObserver } from './commit-loop.ts'

/** Seconds from a router's answer to its being durable. The journal is flushed every 250 ms. */
const DURABLE_BUCKETS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1, 2.5, 5]
const COMMIT_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Counts and times readings and commits. */
export class RecordingMetrics implements CommitObserver {
  readonly #durable
  readonly #readings
  readonly #deltas
  readonly #starts
  readonly #stops
  readonly #events
  readonly #commits
  readonly #commitFailures

  /** @param services whose series begin at 0, because `increase` would miss the first event of a series that begins with it */
  constructor(metrics: Metrics, services: readonly Service[]) {
    this.#durable = metrics.histogram(
      'tikmeter_reading_durable_seconds',
      'From the answer of a router to its being in the journal.',
      DURABLE_BUCKETS,
    )
    this.#readings = metrics.counter('tikmeter_readings_total', 'Readings recorded.', 'service')
    this.#deltas = metrics.counter(
      'tikmeter_session_deltas_total',
      'Times that a reading found that a session had moved bytes.',
      'service',
    )
    this.#starts = metrics.counter('tikmeter_session_starts_total', 'Sessions begun.', 'service')
    this.#stops = metrics.counter('tikmeter_session_stops_total', 'Sessions ended.', 'service', 'reason')
    this.#events = metrics.counter(
      'tikmeter_ledger_events_total',
      'Events that an operator should look at: counter resets, quarantined deltas and others, as in ledger_events.',
      'kind',
    )
    this.#commits = metrics.histogram(
      'tikmeter_commit_duration_seconds',
      'Duration of successful commits.',
      COMMIT_BUCKETS,
    )
    this.#commitFailures = metrics.counter(
      'tikmeter_commit_failures_total',
      'Failed commits; their data is offered again.',
    )
    for (const service of services) {
      for (const counter of [this.#readings, this.#deltas, this.#starts]) counter.inc({ service }, 0)
      for (const reason of END_REASONS) this.#stops.inc({ service, reason }, 0)
    }
    for (const kind of EVENT_KINDS) this.#events.inc({ kind }, 0)
  }

  /** @param durableAfterMs from the router's answer; `undefined` if the reading is not in the journal */
  recorded({ service, entries, growth, events }: Decision, durableAfterMs: number | undefined): void {
    if (durableAfterMs !== undefined) this.#durable.observe(durableAfterMs / 1000)
    this.#readings.inc({ service })
    let deltas = growth?.numbers.length ?? 0
    for (const entry of entries)
      if (entry.kind === 'stop') this.#stops.inc({ service, reason: entry.reason })
      else {
        if (entry.kind === 'start') this.#starts.inc({ service })
        deltas += entry.counted.length
      }
    this.#deltas.inc({ service }, deltas)
    for (const { kind } of events) this.happened(kind)
  }

  happened(kind: LedgerEvent['kind']): void {
    this.#events.inc({ kind })
  }

  committed(tookMs: number): void {
    this.#commits.observe(tookMs / 1000)
  }

  commitFailed(): void {
    this.#commitFailures.inc()
  }
}

/** The parts that know what waits for the database. */
export interface WaitingParts {
  readonly recorder: { pending(): ReadonlyMap<RouterKey, number> }
  readonly shares: { readonly memory: SharedSpace }
  readonly commits: { readonly isUp: boolean; readonly refusedRouters: number }
}

/** Measures what waits for the database. */
export function measureWaiting(metrics: Metrics, { recorder, shares, commits }: WaitingParts): void {
  metrics.gauge('tikmeter_database_up', 'Whether the last commit got through.', () => Number(commits.isUp))
  metrics.gauge(
    'tikmeter_uncommitted_sessions',
    'Sessions whose last readings wait for the database.',
    () => {
      let sessions = 0
      for (const count of recorder.pending().values()) sessions += count
      return sessions
    },
  )
  metrics.gauge(
    'tikmeter_uncommitted_bytes',
    'Approximate memory taken by what waits for the database.',
    () => shares.memory.usedBytes,
  )
  metrics.gauge(
    'tikmeter_uncommitted_max_bytes',
    'The limit of that memory: above half of it, routers with more than their share are not read.',
    () => shares.memory.mostBytes,
  )
  metrics.gauge(
    'tikmeter_refused_routers',
    'Routers whose commits the database refuses.',
    () => commits.refusedRouters,
  )
}
