import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { type ClientOptions, WebSocket } from 'ws'
import type { AlertJson } from '../../src/accounting/alert.ts'
import { routerId, sessionId, type TenantId, tenantId } from '../../src/accounting/ids.ts'
import type { Strangers, StrangersOptions } from '../../src/api/http/strangers.ts'
import type { TokenVerifier } from '../../src/auth/bearer.ts'
import { JwtVerifier, signToken } from '../../src/auth/tokens.ts'
import type { AlertSource } from '../../src/feed/alert-topic.ts'
import type { SnapshotSource } from '../../src/feed/frames.ts'
import { FEED_LIMITS, type FeedLimits } from '../../src/feed/limits.ts'
import { FeedServer } from '../../src/feed/server.ts'
import {
  NO_TOTALS,
  type RouterJson,
  type SessionJson,
  type Snapshot,
  statsOf,
  type Totals,
} from '../../src/live/snapshot.ts'
import { TrustedProxies } from '../../src/runtime/trusted-proxies.ts'
import { strangersOf } from '../api/http/ample-strangers.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { KeptMessages } from './kept-messages.ts'
import { onlySecret } from './token-rules.ts'

export const SECRET = 'a secret of more than thirty-two bytes'
export const START = new Date('2026-11-24T10:00:00Z')
export const silent = pino({ level: 'silent' })
export const acme = tenantId('acme')
export const globex = tenantId('globex')

/** Live numbers set by the test; counts how often each tenant was asked for. */
export class FakeSource implements SnapshotSource {
  readonly asked: TenantId[] = []
  #routers: readonly RouterJson[] = [router(0)]
  #tenants: readonly TenantId[]

  constructor(...tenants: readonly TenantId[]) {
    this.#tenants = tenants
  }

  /** Made once, because snapshots of many routers would take most of a test's time. */
  set routerCount(count: number) {
    this.#routers = Array.from({ length: count }, (_, index) => router(index))
  }

  tenants(): readonly TenantId[] {
    return this.#tenants
  }

  remove(tenant: TenantId): void {
    this.#tenants = this.#tenants.filter(id => id !== tenant)
  }

  totals(): Totals {
    return this.#totals()
  }

  #totals(): Totals {
    return { ...NO_TOTALS, activeSessions: 1, routers: this.#routers.map(({ state }) => state) }
  }

  snapshot(tenant: TenantId, now: Date): Snapshot {
    this.asked.push(tenant)
    const stats = statsOf(this.#totals(), { day: '2026-11-24', timezone: 'UTC' }, now)
    return { tenant, asOf: now, stats, routers: this.#routers }
  }

  sessions(): Iterable<SessionJson> {
    return [session]
  }
}

/** The newest alerts, set by the test. */
export class FakeAlerts implements AlertSource {
  readonly byTenant = new Map<TenantId, readonly AlertJson[]>()

  recent(tenant: TenantId): readonly AlertJson[] {
    return this.byTenant.get(tenant) ?? []
  }
}

/** The outage of a router, not ended by default. */
export function outage(id: number, more: { readonly ended_at?: string } = {}): AlertJson {
  const [rule, period] = ['any-router', START.toISOString()]
  return {
    ...{ id, rule, kind: 'router_offline', scope: 'router', subject: 'hq0', period, fired_at: period },
    ...{ ended_at: null, ...more },
    detail: { last_reading_at: null, error: 'connection refused' },
  }
}

function router(index: number): RouterJson {
  const id = routerId(`hq${index}`)
  return {
    ...{ id, name: 'HQ', state: 'online', last_reading_at: null, hotspot: 0, ppp: 1 },
    ...{ uncounted: 0, missing_menus: [], error: null },
  }
}

const session: SessionJson = {
  id: sessionId('0193a5b2-0000-7000-8000-000000000000'),
  service: 'ppp',
  username: 'ada',
  router: routerId('hq0'),
  ip_address: '10.0.0.2',
  mac_address: null,
  start_time: START.toISOString(),
  upload: 1,
  download: 2,
  upload_bps: 0,
  download_bps: 0,
}

/** Parses a JSON object, or fails the test. */
function parse(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) throw new Error(`not an object: ${text}`)
  return Object.fromEntries(Object.entries(value))
}

/** A real client that keeps its messages until the test asks for them. */
export class TestClient {
  readonly socket: WebSocket
  readonly closed: Promise<number>
  /** The HTTP status of a refused upgrade. */
  readonly refused: Promise<number>
  readonly #messages: KeptMessages<Record<string, unknown>>

  constructor(url: string, protocols: string[], options: ClientOptions) {
    this.socket = new WebSocket(url, protocols, options)
    this.#messages = new KeptMessages(this.socket, parse)
    this.closed = this.#messages.closed
    this.refused = new Promise(resolve =>
      this.socket.on('unexpected-response', (request, response) => {
        resolve(response.statusCode ?? 0)
        request.destroy()
      }),
    )
  }

  async opened(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) {
      await new Promise(resolve => this.socket.once('open', resolve))
    }
    return this
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  /** The next message of this type; others before it are dropped. */
  next(type: string): Promise<Record<string, unknown>> {
    return this.#messages.next(type, message => message['type'] === type)
  }

  /** Messages that have arrived and were not asked for. */
  unread(): readonly Record<string, unknown>[] {
    return this.#messages.unread
  }
}

/** A feed on a free port, with a manual clock and five seconds between snapshots. */
export class TestFeed {
  readonly clock = new HandClock(START)
  readonly source: FakeSource
  readonly alerts = new FakeAlerts()
  readonly feed: FeedServer
  readonly strangers: Strangers
  readonly #http: Server = createServer()
  readonly #clients: TestClient[] = []

  constructor(
    options: {
      readonly source?: FakeSource
      readonly origins?: readonly string[]
      readonly limits?: Partial<FeedLimits>
      readonly proxies?: readonly string[]
      readonly strangers?: Partial<StrangersOptions>
      readonly verifier?: TokenVerifier
    } = {},
  ) {
    this.source = options.source ?? new FakeSource(acme, globex)
    this.strangers = strangersOf(this.clock, {
      proxies: new TrustedProxies(options.proxies ?? [], silent),
      ...options.strangers,
    })
    this.feed = new FeedServer({
      source: this.source,
      alerts: this.alerts,
      verifier:
        options.verifier ?? new JwtVerifier({ rules: onlySecret(SECRET), clock: this.clock, log: silent }),
      origins: options.origins ?? [],
      intervalMs: 5000,
      serverVersion: '0.1.0',
      limits: { ...FEED_LIMITS, ...options.limits },
      strangers: this.strangers,
      clock: this.clock,
      log: silent,
    })
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#http.address()
    if (typeof address !== 'object' || address === null) throw new Error('the feed is not listening')
    return address.port
  }

  async start(): Promise<this> {
    this.#http.on('upgrade', this.feed.upgrade)
    await new Promise<void>(resolve => this.#http.listen(0, '127.0.0.1', resolve))
    this.feed.start()
    return this
  }

  async stop(): Promise<void> {
    for (const { socket } of this.#clients) socket.resume()
    await this.feed.stop()
    for (const { socket } of this.#clients) socket.terminate()
    await new Promise(resolve => this.#http.close(resolve))
  }

  connect(options: {
    readonly protocols?: string[]
    readonly headers?: Record<string, string>
    readonly query?: string
    readonly autoPong?: boolean
  }): TestClient {
    const client = new TestClient(`${this.url}${options.query ?? ''}`, options.protocols ?? [], {
      headers: options.headers ?? {},
      autoPong: options.autoPong ?? true,
    })
    this.#clients.push(client)
    return client
  }

  /** Connects with the token of a tenant in the header, and waits for the first snapshot. */
  async watch(tenant: TenantId): Promise<TestClient> {
    const client = this.connect({ headers: bearer(await tenantToken(tenant)) })
    await client.next('snapshot')
    return client
  }

  async watchAll(): Promise<TestClient> {
    const client = this.connect({ headers: bearer(await adminToken()) })
    await client.next('welcome')
    return client
  }
}

export function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` }
}

export function inOneHour(): Date {
  return new Date(START.getTime() + 3_600_000)
}

export function tenantToken(tenant: TenantId, expiresAt: Date = inOneHour()): Promise<string> {
  return signToken({ kind: 'tenant', tenant, expiresAt }, SECRET)
}

export function adminToken(): Promise<string> {
  return signToken({ kind: 'admin', expiresAt: inOneHour() }, SECRET)
}
