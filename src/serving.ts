import { readFileSync } from 'node:fs'
import { createApi } from './api/api.ts'
import { dashboardRoutes } from './api/dashboard-stats.ts'
import { healthRoutes, type Readiness } from './api/health.ts'
import { type Measures, metricsRoute } from './api/metrics.ts'
import type { Observed } from './api/observed.ts'
import { webSocketRoute } from './api/routes.ts'
import { HttpServer } from './api/server.ts'
import type { Config } from './config/config.ts'
import type { JwtVerifier } from './feed/authentication.ts'
import { FEED_LIMITS } from './feed/limits.ts'
import { FeedServer } from './feed/server.ts'
import type { Clock } from './runtime/clock.ts'
import type { Logger } from './runtime/logger.ts'
import type { TenantBoard } from './tenant-board.ts'
import { VERSION } from './version.ts'

export interface ServingOptions {
  readonly config: Pick<Config, 'server' | 'snapshots'>
  readonly board: TenantBoard
  readonly verifier: JwtVerifier
  readonly readiness: Readiness
  /** @param feed its connections are measured too */
  readonly measuresOf: (feed: { readonly connections: number }) => Measures
  readonly observer: Observed
  readonly clock: Clock
  readonly log: Logger
}

/** What whoever looks at the numbers connects to: HTTP and the feed, on one port. */
export class Serving {
  readonly #feed: FeedServer
  readonly #http: HttpServer

  constructor({ config, board, verifier, readiness, measuresOf, observer, clock, log }: ServingOptions) {
    const { origins, host, port, tls } = config.server
    this.#feed = new FeedServer({
      source: board,
      intervalMs: config.snapshots.intervalMs,
      serverVersion: VERSION,
      limits: FEED_LIMITS,
      ...{ verifier, origins, clock, log },
    })
    this.#http = new HttpServer({
      at: { kind: 'port', host, port },
      ...{ clock, log },
      tls: tls && { cert: readFileSync(tls.cert, 'utf8'), key: readFileSync(tls.key, 'utf8') },
      onRequest: createApi({
        routes: [
          ...healthRoutes(readiness),
          ...dashboardRoutes(board, clock),
          metricsRoute(measuresOf(this.#feed), VERSION, observer),
          webSocketRoute('/ws'),
        ],
        ...{ verifier, origins, log },
      }),
      upgrades: new Map([['/ws', this.#feed.upgrade]]),
    })
  }

  /** The port it listens on; `undefined` while it doesn't. */
  get port(): number | undefined {
    return this.#http.port
  }

  async start(): Promise<void> {
    this.#feed.start()
    await this.#http.start()
  }

  /** The feed says goodbye, then requests get to end. */
  async stop(): Promise<void> {
    await this.#feed.stop()
    await this.#http.stop()
  }
}
