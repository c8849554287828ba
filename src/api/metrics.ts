import { Gauge, Histogram, Registry } from 'prom-client'
import type { RouterId, TenantId } from '../accounting/ids.ts'
import type { Route } from './routes.ts'

/** What is measured of a router that this daemon reads. */
export interface RouterMeasure {
  readonly tenant: TenantId
  readonly router: RouterId
  readonly isOnline: boolean
  readonly lastReadingAt: Date | undefined
  readonly latencyMs: number | undefined
  readonly failures: number
  readonly skippedTicks: number
  /** An upper bound of what sessions moved between their last reading and their logout, since the daemon began. */
  readonly tail: { readonly upload: number; readonly download: number }
}

/** A port: what there is to measure, as it is now. */
export interface Measures {
  routers(): Iterable<RouterMeasure>
  /** Connections of the feed. */
  feedConnections(): number
  isDatabaseUp(): boolean
  journal(): { readonly isWriting: boolean; readonly bytes: number; readonly maxBytes: number }
  /** Since they were last asked for. */
  eventLoop(): { readonly medianMs: number; readonly p99Ms: number; readonly worstMs: number }
}

/** From the answer of a router to its being durable: the journal is flushed every 250 ms. */
const DURABLE_BUCKETS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1, 2.5, 5]

const LABELS = ['tenant', 'router'] as const

/** What is told as it happens. */
export class Observed {
  readonly registry = new Registry()
  readonly #durable = new Histogram({
    name: 'tikmeter_reading_durable_seconds',
    help: 'From the answer of a router to its being in the journal.',
    buckets: DURABLE_BUCKETS,
    registers: [this.registry],
  })

  readingDurable(afterMs: number): void {
    this.#durable.observe(afterMs / 1000)
  }
}

/** `GET /metrics`, for Prometheus. Each value but what was observed is taken when it is asked for. */
export function metricsRoute(measures: Measures, { registry }: Observed): Route {
  const perRouter = (name: string, help: string, of: (router: RouterMeasure) => number | undefined) =>
    new Gauge({
      ...{ name, help, labelNames: LABELS, registers: [registry] },
      collect() {
        this.reset()
        for (const measure of measures.routers()) {
          const value = of(measure)
          if (value !== undefined) this.set({ tenant: measure.tenant, router: measure.router }, value)
        }
      },
    })
  const single = (name: string, help: string, of: () => number) =>
    new Gauge({
      ...{ name, help, registers: [registry] },
      collect() {
        this.set(of())
      },
    })

  perRouter('tikmeter_router_online', 'Whether the router answers.', it => Number(it.isOnline))
  perRouter('tikmeter_router_last_reading_seconds', 'When it was last read, in seconds since 1970.', it =>
    it.lastReadingAt ? it.lastReadingAt.getTime() / 1000 : undefined,
  )
  perRouter('tikmeter_router_poll_seconds', 'How long the last complete poll took.', it =>
    it.latencyMs === undefined ? undefined : it.latencyMs / 1000,
  )
  perRouter('tikmeter_router_failures', 'Polls and connections that failed in a row.', it => it.failures)
  perRouter(
    'tikmeter_router_skipped_ticks',
    'Ticks at which it was not read, since its loop began.',
    it => it.skippedTicks,
  )
  perRouter(
    'tikmeter_tail_upload_bytes',
    'At the most so much was uploaded between last readings and logouts; not recorded.',
    it => it.tail.upload,
  )
  perRouter(
    'tikmeter_tail_download_bytes',
    'At the most so much was downloaded between last readings and logouts; not recorded.',
    it => it.tail.download,
  )
  single('tikmeter_feed_connections', 'Open WebSocket connections.', () => measures.feedConnections())
  single('tikmeter_database_up', 'Whether the last commit got through.', () =>
    Number(measures.isDatabaseUp()),
  )
  single('tikmeter_journal_writing', 'Whether readings become durable.', () =>
    Number(measures.journal().isWriting),
  )
  single('tikmeter_journal_bytes', 'Size of the journal.', () => measures.journal().bytes)
  single('tikmeter_journal_max_bytes', 'Bound of the journal.', () => measures.journal().maxBytes)

  new Gauge({
    name: 'tikmeter_event_loop_delay_seconds',
    help: 'By how much late the event loop was, since this was last asked for.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      const { medianMs, p99Ms, worstMs } = measures.eventLoop()
      this.set({ quantile: '0.5' }, medianMs / 1000)
      this.set({ quantile: '0.99' }, p99Ms / 1000)
      this.set({ quantile: '1' }, worstMs / 1000)
    },
  })

  return {
    kind: 'open',
    path: '/metrics',
    parameters: [],
    answer: async () => ({
      status: 200,
      contentType: registry.contentType,
      body: await registry.metrics(),
      headers: {},
    }),
  }
}
