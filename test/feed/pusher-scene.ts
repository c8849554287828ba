import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import type { StrangersOptions } from '../../src/api/http/strangers.ts'
import { JwtVerifier } from '../../src/auth/tokens.ts'
import { FEED_LIMITS, type FeedLimits } from '../../src/feed/limits.ts'
import { channelOf, PusherApp } from '../../src/feed/pusher/app.ts'
import { FeedServer } from '../../src/feed/server.ts'
import { strangersOf } from '../api/http/ample-strangers.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { acme, FakeSource, globex, SECRET, START, silent } from './feed-fixture.ts'
import { KeptMessages } from './kept-messages.ts'
import { onlySecret } from './token-rules.ts'

export const app = new PusherApp({ key: 'key', secret: 'the secret of the app' })

/** A Pusher message with its `data` parsed. */
export interface PusherMessage {
  readonly event: string
  readonly channel: string | undefined
  readonly data: Record<string, unknown>
  /** `data` as received: a string, or JSON. */
  readonly raw: unknown
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`not an object: ${JSON.stringify(value)}`)
  return Object.fromEntries(Object.entries(value))
}

function parse(text: string): PusherMessage {
  const { event, channel, data: raw } = objectOf(JSON.parse(text))
  const data = objectOf(typeof raw === 'string' ? JSON.parse(raw) : raw)
  return { event: String(event), channel: channel === undefined ? undefined : String(channel), data, raw }
}

/** A real WebSocket that behaves like Pusher's clients, and keeps its messages until the test asks for them. */
export class PusherSocket {
  readonly socket: WebSocket
  readonly closed: Promise<number>
  readonly #messages: KeptMessages<PusherMessage>

  constructor(url: string, options: ClientOptions) {
    this.socket = new WebSocket(url, options)
    this.#messages = new KeptMessages(this.socket, parse)
    this.closed = this.#messages.closed
  }

  send(event: string, data: object): void {
    this.socket.send(JSON.stringify({ event, data }))
  }

  subscribe(channel: string, auth: string): void {
    this.send('pusher:subscribe', { channel, auth })
  }

  /** The next message of this event; others before it are dropped. */
  next(event: string): Promise<PusherMessage> {
    return this.#messages.next(event, message => message.event === event)
  }

  /** Messages that have arrived by the time the server answers a ping that is sent now. */
  async unread(): Promise<readonly PusherMessage[]> {
    const before: PusherMessage[] = []
    this.send('pusher:ping', {})
    for (;;) {
      const message = await this.#messages.take()
      if (message === undefined || message.event === 'pusher:pong') return before
      before.push(message)
    }
  }
}

/** The feed for Pusher clients, on a free port, with a manual clock and five seconds between snapshots. */
export class PusherScene {
  readonly clock = new HandClock(START)
  readonly source = new FakeSource(acme, globex)
  readonly feed: FeedServer
  readonly #http: Server = createServer()
  readonly #clients: PusherSocket[] = []

  constructor(limits: Partial<FeedLimits> = {}, strangers: Partial<StrangersOptions> = {}) {
    this.feed = new FeedServer({
      source: this.source,
      alerts: { recent: () => [] },
      verifier: new JwtVerifier({ rules: onlySecret(SECRET), clock: this.clock, log: silent }),
      origins: [],
      intervalMs: 5000,
      serverVersion: '0.1.0',
      limits: { ...FEED_LIMITS, ...limits },
      strangers: strangersOf(this.clock, strangers),
      clock: this.clock,
      log: silent,
    })
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#http.address()
    if (typeof address !== 'object' || address === null) throw new Error('the feed is not listening')
    return address.port
  }

  async start(): Promise<this> {
    this.#http.on('upgrade', this.feed.pusherUpgrade(app))
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

  open(path = '/app/key?protocol=7&client=js', options: ClientOptions = {}): PusherSocket {
    const client = new PusherSocket(`ws://127.0.0.1:${this.port}${path}`, options)
    this.#clients.push(client)
    return client
  }

  /** Connects, and returns the connection's id too. */
  async connect(): Promise<{ client: PusherSocket; socketId: string }> {
    const client = this.open()
    const { data } = await client.next('pusher:connection_established')
    return { client, socketId: String(data['socket_id']) }
  }

  /** Connects, subscribes to a tenant's channel, and waits for its first stats. */
  async watch(tenant: string): Promise<PusherSocket> {
    const { client, socketId } = await this.connect()
    client.subscribe(channelOf(tenant), app.sign(socketId, channelOf(tenant)))
    await client.next('DashboardStatsUpdated')
    return client
  }
}
