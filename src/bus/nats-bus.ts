import {
  connect,
  createInbox,
  credsAuthenticator,
  type NatsConnection,
  type Subscription,
  type TlsOptions,
} from '@nats-io/transport-node'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import type { Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import type { Bus, OnMessage } from './bus.ts'

export interface NatsBusOptions {
  /** `nats://host:4222`, or `tls://`; one or more servers of a cluster. */
  readonly servers: readonly string[]
  readonly access: NatsAccess
  /** Paths of PEM files; `undefined`: as the server wants, with the system's CAs. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
  /** The daemon's name on the server. */
  readonly name: string
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** How the daemon proves who it is; no key: the server asks for nothing. */
export interface NatsAccess {
  readonly user?: string
  readonly password?: string
  readonly token?: string
  /** The content of a `.creds` file. */
  readonly credentials?: string
}

interface Listening {
  readonly subject: string
  readonly onMessage: OnMessage
  subscription: Subscription | undefined
}

const RETRY_MS = 2_000
const CONNECT_WITHIN_MS = 5_000
const FLUSH_WITHIN_MS = 500
/** A server that does not answer so many pings is gone. */
const PINGS = { pingInterval: 5_000, maxPingOut: 2 }
/** The protocol's default, used until the server sends its own limit. */
const USUAL_BYTES = 1024 * 1024

/** The bus on a NATS server. It connects and comes back by itself, and drops messages while it is away. */
export class NatsBus implements Bus, Component {
  readonly #options: NatsBusOptions
  readonly #listening = new Set<Listening>()
  readonly #loop: Loop
  #connection: NatsConnection | undefined
  #isUp = false
  #isTold = false
  #published = 0
  #publishedBytes = 0
  #received = 0

  constructor(options: NatsBusOptions) {
    this.#options = options
    this.#loop = new Loop(signal => this.#keepConnected(signal), options.onBug)
  }

  get isUp(): boolean {
    return this.#isUp
  }

  get mostBytes(): number {
    return this.#connection?.info?.max_payload ?? USUAL_BYTES
  }

  /** Messages sent since the start. */
  get published(): number {
    return this.#published
  }

  /** Their bytes. */
  get publishedBytes(): number {
    return this.#publishedBytes
  }

  /** Messages received since the start. */
  get received(): number {
    return this.#received
  }

  start(): void {
    this.#loop.start()
  }

  async stop(): Promise<void> {
    this.#isUp = false
    // What was published last is sent before the connection closes, unless the server does not answer.
    const late = new AbortController()
    const flushed = this.#connection?.flush().catch(() => {})
    await Promise.race([flushed, this.#options.clock.sleep(FLUSH_WITHIN_MS, late.signal)])
    late.abort()
    await this.#loop.stop()
  }

  publish(subject: string, message: Uint8Array): void {
    if (!this.#isUp) return
    try {
      this.#connection?.publish(subject, message)
      this.#published++
      this.#publishedBytes += message.length
    } catch (error) {
      // The connection has just closed, or the server's limit has become smaller.
      this.#options.log.debug({ subject, reason: String(error) }, 'not published')
    }
  }

  subscribe(subject: string, onMessage: OnMessage): () => void {
    const listening: Listening = { subject, onMessage, subscription: undefined }
    this.#listening.add(listening)
    this.#listen(listening)
    return () => {
      this.#listening.delete(listening)
      listening.subscription?.unsubscribe()
    }
  }

  inbox(onMessage: OnMessage): { readonly subject: string; readonly close: () => void } {
    const subject = createInbox()
    return { subject, close: this.subscribe(subject, onMessage) }
  }

  #listen(listening: Listening): void {
    const connection = this.#connection
    if (!connection || connection.isClosed()) return
    const { subject, onMessage } = listening
    listening.subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) {
          this.#tell(error)
          return
        }
        this.#received++
        onMessage(message.data, message.subject)
      },
    })
  }

  async #keepConnected(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      try {
        const connection = await this.#connect()
        this.#begin(connection)
        await Promise.race([this.#follow(connection), untilAborted(signal)])
        if (!signal.aborted) this.#end('the connection closed')
        // It may wait for a server that does not answer.
        else void connection.close().catch(() => {})
      } catch (error) {
        this.#end(error)
      }
      await clock.sleep(RETRY_MS, signal)
    }
  }

  /** Resolves when the connection is closed for good. */
  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) this.#note(status.type)
  }

  #connect(): Promise<NatsConnection> {
    const { servers, access, tls, name } = this.#options
    const { user, password, token, credentials } = access
    return connect({
      ...{ servers: [...servers], name, noEcho: true, timeout: CONNECT_WITHIN_MS, ...PINGS },
      ...{ maxReconnectAttempts: -1, reconnectTimeWait: RETRY_MS },
      ...(tls === undefined ? {} : { tls: filesOf(tls) }),
      ...(user === undefined ? {} : { user, pass: password ?? '' }),
      ...(token === undefined ? {} : { token }),
      ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(Buffer.from(credentials)) }),
    })
  }

  #begin(connection: NatsConnection): void {
    this.#connection = connection
    for (const listening of this.#listening) this.#listen(listening)
    this.#setUp()
  }

  #note(status: string): void {
    if (status === 'reconnect') this.#setUp()
    else if (status === 'disconnect' || status === 'staleConnection') this.#end('the server is away')
  }

  #setUp(): void {
    this.#isUp = true
    if (this.#isTold)
      this.#options.log.info('the bus is back: live numbers of other daemons are current again')
    this.#isTold = false
  }

  #end(cause: unknown): void {
    this.#isUp = false
    this.#tell(cause)
  }

  #tell(cause: unknown): void {
    const { log, servers } = this.#options
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (!this.#isTold)
      log.warn(
        { servers, reason },
        'the bus is away: numbers of routers that other daemons read come from the tables',
      )
    this.#isTold = true
  }
}

function filesOf({ ca, cert, key }: NonNullable<NatsBusOptions['tls']>): TlsOptions {
  return {
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(cert === undefined ? {} : { certFile: cert }),
    ...(key === undefined ? {} : { keyFile: key }),
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
