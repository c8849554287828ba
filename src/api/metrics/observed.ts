import { Counter, Histogram, Registry } from 'prom-client'
import { type Decision, END_REASONS, EVENT_KINDS, type LedgerEvent } from '../../accounting/entry.ts'
import type { Failure } from '../../runtime/failure.ts'
import { REFUSALS, type Refusal } from '../../runtime/refusals.ts'
import { SERVICE_NAMES } from '../../services/services.ts'

/** What became of a config that was loaded anew: `failed` has no fault, but could not be applied. */
export type ReloadOutcome = 'applied' | 'faulty' | 'failed'

/** From the answer of a router to its being durable: the journal is flushed every 250 ms. */
const DURABLE_BUCKETS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1, 2.5, 5]
const POLL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const COMMIT_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

const DELIVERY_OUTCOMES = ['delivered', 'retried', 'dead'] as const

/** What is told as it happens, for `/metrics`: each part of the daemon that tells something asks for the piece it needs. */
export class Observed {
  readonly registry = new Registry()
  readonly #durable = this.#histogram(
    'tikmeter_reading_durable_seconds',
    'From the answer of a router to its being in the journal.',
    DURABLE_BUCKETS,
  )
  readonly #polls = this.#histogram(
    'tikmeter_poll_duration_seconds',
    'How long a poll took in which every service could be read.',
    POLL_BUCKETS,
  )
  readonly #commits = this.#histogram(
    'tikmeter_commit_duration_seconds',
    'How long a commit took that got through.',
    COMMIT_BUCKETS,
  )
  readonly #failures = this.#counter(
    'tikmeter_poll_failures_total',
    'Polls and connections that failed.',
    'kind',
  )
  readonly #commitFailures = this.#counter(
    'tikmeter_commit_failures_total',
    'Commits that did not get through; what they have is offered again.',
  )
  readonly #readings = this.#counter('tikmeter_readings_total', 'Readings recorded.', 'service')
  readonly #deltas = this.#counter(
    'tikmeter_session_deltas_total',
    'Times that a session had moved something at a reading.',
    'service',
  )
  readonly #starts = this.#counter('tikmeter_session_starts_total', 'Sessions begun.', 'service')
  readonly #stops = this.#counter('tikmeter_session_stops_total', 'Sessions ended.', 'service', 'reason')
  readonly #events = this.#counter(
    'tikmeter_ledger_events_total',
    'What an operator should look at: counter resets, quarantined deltas and others, as in ledger_events.',
    'kind',
  )
  readonly #reloads = this.#counter(
    'tikmeter_config_reloads_total',
    'Times that the config was loaded anew.',
    'outcome',
  )
  readonly #deliveries = this.#counter(
    'tikmeter_webhook_deliveries_total',
    'Attempts to deliver an alert to a webhook; what was dead is not tried again.',
    'outcome',
  )
  readonly #refusals = this.#counter(
    'tikmeter_refusals_total',
    'Clients that were refused, or whose connection was closed for another: see the log for the addresses.',
    'reason',
  )

  readonly #joinedAlerts = this.#counter(
    'tikmeter_alerts_joined_total',
    'Alerts beyond those of a router that are told one by one; each daemon tells of all.',
  )

  constructor() {
    // A series that begins with its first event hides that event from `increase`.
    for (const service of SERVICE_NAMES) {
      for (const counter of [this.#readings, this.#deltas, this.#starts]) counter.inc({ service }, 0)
      for (const reason of END_REASONS) this.#stops.inc({ service, reason }, 0)
    }
    for (const kind of EVENT_KINDS) this.#events.inc({ kind }, 0)
    for (const outcome of ['applied', 'faulty', 'failed'] satisfies ReloadOutcome[])
      this.#reloads.inc({ outcome }, 0)
    for (const reason of REFUSALS) this.#refusals.inc({ reason }, 0)
    for (const outcome of DELIVERY_OUTCOMES) this.#deliveries.inc({ outcome }, 0)
  }

  /** @param durableAfterMs from the router's answer; `undefined` where the reading is not in the journal */
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

  polled(tookMs: number): void {
    this.#polls.observe(tookMs / 1000)
  }

  pollFailed(failure: Failure): void {
    this.#failures.inc({ kind: kindOf(failure) })
  }

  committed(tookMs: number): void {
    this.#commits.observe(tookMs / 1000)
  }

  commitFailed(): void {
    this.#commitFailures.inc()
  }

  reloaded(outcome: ReloadOutcome): void {
    this.#reloads.inc({ outcome })
  }

  delivery(outcome: (typeof DELIVERY_OUTCOMES)[number], times: number): void {
    this.#deliveries.inc({ outcome }, times)
  }

  alertsJoined(count: number): void {
    this.#joinedAlerts.inc(count)
  }

  refused(reason: Refusal): void {
    this.#refusals.inc({ reason })
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.registry] })
  }

  #counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }
}

/** `RouterLoginRefused` is `login_refused`: there are as many as classes of errors. */
function kindOf({ name }: Failure): string {
  return name
    .replace(/^Router(?=.)/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toLowerCase()
}
