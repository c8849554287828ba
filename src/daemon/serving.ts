import { isDeepStrictEqual } from 'node:util'
import type { TenantAlert } from '../accounting/alert.ts'
import { createApi } from '../api/http/api.ts'
import { Bearers } from '../api/http/bearers.ts'
import { type Route, webSocketRoute } from '../api/http/routes.ts'
import { HttpServer } from '../api/http/server.ts'
import { UnusableCertificate } from '../api/http/server-errors.ts'
import { Strangers } from '../api/http/strangers.ts'
import { metricsRoute } from '../api/metrics/metrics.ts'
import { broadcastingRoute } from '../api/pages/broadcasting.ts'
import { DASHBOARD_FOLDER, readDashboard } from '../api/pages/dashboard-files.ts'
import { dashboardPages } from '../api/pages/dashboard-page.ts'
import { dashboardRoutes, type StatsSource } from '../api/pages/dashboard-stats.ts'
import { healthRoutes, type Readiness } from '../api/pages/health.ts'
import { forecastRoute } from '../api/usage/forecast-route.ts'
import { READ_LIMITS, ReadGate } from '../api/usage/read-limits.ts'
import { usageRoutes } from '../api/usage/usage-routes.ts'
import type { Calendars, Replica, UsageSource } from '../api/usage/usage-source.ts'
import type { TokenVerifier } from '../auth/bearer.ts'
import type { Config } from '../config/config.ts'
import { readPair, type TlsFiles, type TlsPair } from '../config/fields/server-tls.ts'
import { metricsTokenOf, pusherAppOf } from '../config/revealed.ts'
import type { AlertSource } from '../feed/alert-topic.ts'
import { measureFeed } from '../feed/feed-metrics.ts'
import type { SnapshotSource } from '../feed/frames.ts'
import { FEED_LIMITS } from '../feed/limits.ts'
import { PusherApp } from '../feed/pusher/app.ts'
import { FeedServer } from '../feed/server.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { connectionsLeft, descriptorLimit, RAISE_DESCRIPTORS } from '../runtime/descriptors.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { RefusalMetrics } from '../runtime/refusal-metrics.ts'
import { Refusals } from '../runtime/refusals.ts'
import { TrustedProxies } from '../runtime/trusted-proxies.ts'
import { VERSION } from '../runtime/version.ts'
import { measureCertificate } from './certificate-metrics.ts'
import { CertificateWatch } from './certificate-watch.ts'

export interface ServingOptions {
  readonly config: Pick<Config, 'server' | 'snapshots' | 'pusher'>
  readonly board: SnapshotSource & StatsSource & Calendars
  /** Reads the tables. */
  readonly usage: UsageSource
  /** Where it reads them, if that is not the primary. */
  readonly replica: Replica | undefined
  readonly alerts: AlertSource
  readonly verifier: TokenVerifier
  readonly readiness: Readiness
  /** How many routers are read here. Each has a connection, which takes a file descriptor. */
  readonly routers: () => number
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** Too few for many dashboards. */
const FEW_CONNECTIONS = 200
const PUSHER_QUERY = ['protocol', 'client', 'version', 'flash']

/**
 * Serves the numbers: HTTP and the feed, in its own protocol and in Pusher's, on one port, and `/metrics`, which may have
 * a port of its own.
 */
export class Serving implements Component {
  readonly #feed: FeedServer
  readonly #http: HttpServer
  readonly #metrics: HttpServer | undefined
  readonly #bearers: Bearers
  readonly #certificate: CertificateWatch | undefined
  readonly #metricsAt: Config['server']['metrics']['at']
  #metricsToken: string | undefined
  #hstsMs: number | undefined
  readonly #refusals: Refusals
  readonly #mostConnections: () => number
  readonly #log: Logger
  #starting: Promise<void> | undefined
  /** All pages on the main port. */
  readonly routes: readonly Route[]
  /** The paths of all WebSockets. */
  readonly upgradePaths: readonly string[]

  constructor(options: ServingOptions) {
    const { config, board, usage, replica, alerts, verifier, readiness, metrics, clock, log, onBug } = options
    const { origins, host, port, tls, dashboard, limits, trustedProxies } = config.server
    const { at: metricsAt } = config.server.metrics
    this.#metricsAt = metricsAt
    this.#metricsToken = metricsTokenOf(config.server)
    this.#hstsMs = tls?.hstsMs
    this.#bearers = new Bearers(verifier)
    const app = config.pusher && new PusherApp(pusherAppOf(config.pusher))
    const descriptors = descriptorLimit()
    this.#log = log
    this.#mostConnections = () => connectionsLeft(descriptors, options.routers())
    this.#refusals = new Refusals({ observer: new RefusalMetrics(metrics), clock, log, onBug })
    const strangers = new Strangers({
      ...{ limits, clock, refusals: this.#refusals },
      mostConnections: this.#mostConnections,
      proxies: new TrustedProxies(trustedProxies, log),
    })
    this.#feed = new FeedServer({
      source: board,
      intervalMs: config.snapshots.intervalMs,
      serverVersion: VERSION,
      limits: { ...FEED_LIMITS, ...limits },
      ...{ strangers, alerts, verifier, origins, clock, log },
    })
    const gate = new ReadGate({ limits: { ...READ_LIMITS, ...limits }, clock })
    const reading = { source: usage, replica, calendars: board, gate, clock }
    const metricsPage = metricsRoute({
      ...{ metrics, version: VERSION, clock },
      token: () => this.#metricsToken,
    })
    const api = (routes: readonly Route[]) =>
      createApi({
        ...{ routes, verifier, bearers: this.#bearers, origins, strangers, log },
        strictTransportMs: () => this.#hstsMs,
      })
    const { connections } = strangers
    this.routes = [
      ...healthRoutes(readiness),
      ...dashboardRoutes(board, clock),
      ...usageRoutes(reading),
      forecastRoute(reading),
      ...(metricsAt ? [] : [metricsPage]),
      webSocketRoute('/ws', []),
      ...(dashboard ? dashboardPages(readDashboard(DASHBOARD_FOLDER)) : []),
      ...(app ? [webSocketRoute(`/app/${app.key}`, PUSHER_QUERY), broadcastingRoute(app, board)] : []),
    ]
    const upgrades = new Map([
      ['/ws', this.#feed.upgrade],
      ...(app ? [['/app/*', this.#feed.pusherUpgrade(app)] as const] : []),
    ])
    this.upgradePaths = [...upgrades.keys()]
    const pair = tls && pairIn(tls)
    this.#http = new HttpServer({
      at: { kind: 'port', host, port, block: 'server' },
      ...{ tls: pair, upgrades, clock, log },
      ...{ api: api(this.routes), connections },
    })
    this.#certificate =
      tls &&
      pair &&
      new CertificateWatch({
        ...{ files: tls, pair, clock, log, onBug },
        serve: pair => this.#http.setCertificate(pair),
      })
    this.#metrics =
      metricsAt &&
      new HttpServer({
        at: { kind: 'port', ...metricsAt, block: 'server.metrics' },
        ...{ tls: undefined, upgrades: new Map(), clock, log },
        ...{ api: api([metricsPage]), connections },
      })
    measureFeed(metrics, this.#feed)
    measureCertificate(metrics, () => this.#certificate?.expiresAt)
  }

  /** The main port; `undefined` while it does not listen. */
  get port(): number | undefined {
    return this.#http.port
  }

  /** The port of `/metrics`, if it has one of its own. */
  get metricsPort(): number | undefined {
    return this.#metrics?.port
  }

  /** The number of the feed's connections. */
  get connections(): number {
    return this.#feed.connections
  }

  /** @throws CannotListen, UnusableCertificate */
  start(): Promise<void> {
    this.#starting = this.#start()
    return this.#starting
  }

  async #start(): Promise<void> {
    const connections = this.#mostConnections()
    if (connections < FEW_CONNECTIONS)
      this.#log.warn({ connections, advice: RAISE_DESCRIPTORS }, 'few clients can connect')
    this.#refusals.start()
    this.#feed.start()
    await this.#http.start()
    await this.#metrics?.start()
    this.#certificate?.start()
  }

  /** Verifies the tokens of open connections and of answers under way again, because the verifier's rules changed. */
  async rulesChanged(): Promise<void> {
    await Promise.all([this.#feed.rulesChanged(), this.#bearers.rulesChanged()])
  }

  /** Applies the parts of a changed config that require no restart. */
  apply({ server }: Pick<Config, 'server'>): void {
    const { tls, metrics } = server
    // The page moves only at a restart. Until then it keeps its token.
    if (isDeepStrictEqual(metrics.at, this.#metricsAt)) this.#metricsToken = metricsTokenOf(server)
    this.#hstsMs = tls?.hstsMs
    if (tls) this.#certificate?.reload(tls)
  }

  /** Sends an alert that fired or ended to the clients that subscribed. */
  publishAlert({ tenant, alert }: TenantAlert): void {
    this.#feed.publishAlert(tenant, alert)
  }

  /** Closes the feed's connections, then lets requests end. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => {})
    await this.#certificate?.stop()
    await this.#feed.stop()
    await Promise.all([this.#http.stop(), this.#metrics?.stop()])
    await this.#refusals.stop()
  }
}

/** @throws UnusableCertificate */
function pairIn(files: TlsFiles): TlsPair {
  const found = readPair(files)
  if (found.kind === 'right') return found.value
  throw new UnusableCertificate({ cause: new Error(found.message) })
}
