import { pino } from 'pino'
import type { TenantId } from '../../src/accounting/ids.ts'
import { JwtVerifier, signToken } from '../../src/auth/tokens.ts'
import { Secret } from '../../src/config/fields/secret.ts'
import type { Serving, ServingOptions } from '../../src/daemon/serving.ts'
import { channelOf, PusherApp } from '../../src/feed/pusher/app.ts'
import { measureTenants } from '../../src/recording/tenant-metrics.ts'
import { Metrics } from '../../src/runtime/metrics.ts'
import { SERVER } from '../feed/default-server.ts'
import { inOneHour, SECRET, START } from '../feed/feed-fixture.ts'
import { RawClient, textFrameOf } from '../feed/raw-client.ts'
import { onlySecret } from '../feed/token-rules.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { counted } from '../system/isolation/counted.ts'
import { Board, KEY, servingOf } from './pusher-serving.ts'

export const INTERVAL_MS = 5_000
export const FEED_PATH = '/ws'
export const PUSHER_PATH = `/app/${KEY}?protocol=7`
const APP = new PusherApp({ key: KEY, secret: 'the secret of the app' })
const WARN = pino.levels.values['warn'] ?? 40

/** Everything that dashboards connect to, assembled as in the daemon, with a manual clock. */
export class ServedScene {
  readonly clock = new HandClock(START)
  readonly board: Board
  /** Calls of the board so far. */
  readonly calls: string[] = []
  readonly #log = new LogLines()
  readonly #serving: Serving
  readonly #clients: RawClient[] = []

  constructor(tenants: readonly TenantId[], more: Partial<ServingOptions> = {}) {
    const { clock } = this
    const { log } = this.#log
    this.board = new Board(...tenants)
    const pusher = { key: KEY, secret: new Secret('the secret of the app') }
    const metrics = new Metrics()
    measureTenants(metrics, this.board, clock)
    this.#serving = servingOf(
      { port: 0, origins: [], pusher },
      {
        config: { server: SERVER, pusher, snapshots: { intervalMs: INTERVAL_MS } },
        board: counted(this.board, this.calls),
        verifier: new JwtVerifier({ rules: onlySecret(SECRET), clock, log }),
        ...{ metrics, clock, log, ...more },
      },
    )
  }

  get port(): number {
    return this.#serving.port ?? 0
  }

  get serving(): Serving {
    return this.#serving
  }

  /** Connections of the feed, in both protocols. */
  get connections(): number {
    return this.#serving.connections
  }

  /** Log lines of the server at level warn or above. */
  get troubles(): readonly unknown[] {
    return this.#log.lines.filter(({ level }) => Number(level) >= WARN)
  }

  async start(): Promise<this> {
    await this.#serving.start()
    return this
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.#serving.stop()
  }

  /** A TCP connection on which nothing was sent yet. */
  connect(): RawClient {
    const client = new RawClient(this.port)
    this.#clients.push(client)
    return client
  }

  /** A client of the feed's own protocol, without a token yet. */
  async open(): Promise<RawClient> {
    const client = this.connect()
    await client.upgrade(FEED_PATH)
    return client
  }

  /** A tenant's client of the feed's own protocol, after its first snapshot. */
  async watch(tenant: TenantId): Promise<RawClient> {
    const client = await this.open()
    const token = await tokenFor(tenant)
    client.write(textFrameOf({ type: 'auth', token }))
    await client.text('"type":"snapshot"')
    return client
  }

  /** A Pusher client, not subscribed yet. */
  async openPusher(): Promise<{ readonly client: RawClient; readonly socketId: string }> {
    const client = this.connect()
    await client.upgrade(PUSHER_PATH)
    const established: { readonly data: string } = JSON.parse(await client.text('connection_established'))
    return { client, socketId: JSON.parse(established.data).socket_id }
  }

  /** A Pusher client in a tenant's channel, after its first stats. */
  async watchPusher(tenant: TenantId): Promise<RawClient> {
    const { client, socketId } = await this.openPusher()
    const channel = channelOf(tenant)
    client.write(subscribeFrame(channel, APP.sign(socketId, channel)))
    await client.text('DashboardStatsUpdated')
    return client
  }
}

export function subscribeFrame(channel: string, auth: string): Buffer {
  return textFrameOf({ event: 'pusher:subscribe', data: { channel, auth } })
}

/** A token that is valid for an hour of the scene's clock. */
export function tokenFor(tenant: TenantId): Promise<string> {
  return signToken({ kind: 'tenant', tenant, expiresAt: inOneHour() }, SECRET)
}
