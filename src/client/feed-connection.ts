import { Alarm, type FeedClock } from './feed-clock.ts'
import type { ClientMessage, ServerMessage } from './messages.ts'
import { Pace } from './pace.ts'
import { readMessage } from './read-message.ts'
import type { FeedSocket, FeedSocketConstructor } from './socket.ts'
import { expiryOf, renewalWaitMs } from './token-life.ts'

/** Why a connection ended, or why its token could not be renewed. */
export type End =
  /** The server's close code, or 1006 if the connection broke or was refused. */
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  /** `token()` failed. */
  | { readonly kind: 'no_token'; readonly cause: unknown }
  /** The URL is not usable for a WebSocket. */
  | { readonly kind: 'unusable_url'; readonly cause: unknown }
  /** No token, welcome or snapshot in time. */
  | { readonly kind: 'silent' }

export interface ConnectionOptions {
  readonly url: string
  readonly token: () => Promise<string>
  readonly WebSocket: FeedSocketConstructor
  readonly clock: FeedClock
  readonly onMessage: (message: ServerMessage) => void
  readonly onError: (error: { readonly kind: 'garbage'; readonly reason: string } | End) => void
  /** Called once, unless `drop` was called before. */
  readonly onEnd: (end: End) => void
}

const SUBPROTOCOL = 'tikmeter.v1'
/** Limit for getting the token, and for connecting until the welcome. */
const STEP_WITHIN_MS = 30_000
const MISSED_INTERVALS = 3
/** Timers use 31 bits of milliseconds, so longer waits are split. */
const LONGEST_TIMER_MS = 86_400_000

/** The silence after which a connection counts as dead, in milliseconds. */
export function staleAfterMs(intervalMs: number): number {
  return MISSED_INTERVALS * Math.max(1000, intervalMs)
}

/** One connection, from its token to its end. It is used only once. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #deadline: Alarm
  readonly #renewal: Alarm
  readonly #pace: Pace
  #socket: FeedSocket | undefined
  #token = ''
  #silentAfterMs = STEP_WITHIN_MS
  #isOver = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#deadline = new Alarm(options.clock)
    this.#renewal = new Alarm(options.clock)
    this.#pace = new Pace(options.clock, text => this.#socket?.send(text))
  }

  start(): void {
    this.#deadline.set(STEP_WITHIN_MS, () => this.#end({ kind: 'silent' }))
    this.#askToken(
      () => this.#open(),
      cause => this.#end({ kind: 'no_token', cause }),
    )
  }

  send(message: ClientMessage): void {
    this.#pace.put(message)
  }

  /** Ends the connection without calling `onEnd`. Later events of the socket are ignored. */
  drop(): void {
    this.#isOver = true
    for (const timer of [this.#deadline, this.#renewal]) timer.clear()
    this.#pace.stop()
    this.#socket?.close()
  }

  #end(end: End): void {
    if (this.#isOver) return
    this.drop()
    this.#options.onEnd(end)
  }

  #askToken(use: () => void, fail: (cause: unknown) => void): void {
    // An async function, so that a `token` that throws is treated like one that rejects.
    const ask = async () => this.#options.token()
    ask().then(
      token => {
        if (this.#isOver) return
        this.#token = token
        use()
      },
      cause => {
        if (!this.#isOver) fail(cause)
      },
    )
  }

  #open(): void {
    const socket = this.#newSocket()
    if (socket === undefined) return
    this.#socket = socket
    this.#deadline.set(STEP_WITHIN_MS, () => this.#end({ kind: 'silent' }))
    socket.addEventListener('open', () => {
      if (!this.#isOver) this.#authenticate()
    })
    socket.addEventListener('message', ({ data }) => this.#receive(data))
    socket.addEventListener('close', ({ code, reason }) => this.#end({ kind: 'closed', code, reason }))
    // `close` follows. Without a listener, an error would end a Node process.
    socket.addEventListener('error', () => {})
  }

  #newSocket(): FeedSocket | undefined {
    const { url, WebSocket } = this.#options
    try {
      return new WebSocket(url, [SUBPROTOCOL])
    } catch (cause) {
      this.#end({ kind: 'unusable_url', cause })
      return undefined
    }
  }

  #authenticate(): void {
    this.send({ type: 'auth', token: this.#token })
  }

  #receive(data: unknown): void {
    if (this.#isOver) return
    const inbound = readMessage(data)
    if (inbound.kind === 'garbage') this.#options.onError(inbound)
    if (inbound.kind !== 'message') return
    const { message } = inbound
    if (message.type === 'welcome') this.#welcomed(message.interval_ms, message.tenants.length > 0)
    if (message.type === 'snapshot') this.#expectSnapshot()
    this.#options.onMessage(message)
  }

  #welcomed(intervalMs: number, hasTenants: boolean): void {
    this.#silentAfterMs = staleAfterMs(intervalMs)
    // An admin without tenants gets no snapshots.
    if (hasTenants) this.#expectSnapshot()
    else this.#deadline.clear()
    this.#renewInTime()
  }

  #expectSnapshot(): void {
    this.#deadline.set(this.#silentAfterMs, () => this.#end({ kind: 'silent' }))
  }

  #renewInTime(): void {
    const expiresAtMs = expiryOf(this.#token)
    const waitMs = expiresAtMs && renewalWaitMs(expiresAtMs, this.#options.clock.now())
    if (waitMs === undefined) return
    if (waitMs > LONGEST_TIMER_MS) this.#renewal.set(LONGEST_TIMER_MS, () => this.#renewInTime())
    else this.#renewal.set(waitMs, () => this.#renew())
  }

  #renew(): void {
    this.#askToken(
      () => {
        this.#authenticate()
        this.#renewInTime()
      },
      cause => {
        // The old token is still valid for a while.
        this.#renewInTime()
        this.#options.onError({ kind: 'no_token', cause })
      },
    )
  }
}
