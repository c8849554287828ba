import { backOffMs, NOT_YOURS } from './back-off.ts'
import { Alarm, type FeedClock, systemClock } from './clock.ts'
import { Connection, type End, staleAfterMs } from './connection.ts'
import { Events, type FeedError, type FeedEvent, type FeedEvents, type FeedState } from './events.ts'
import type { ClientMessage, ServerMessage, SnapshotMessage, Subscription, Topic } from './messages.ts'
import { type FeedSocketConstructor, platformSocket } from './socket.ts'
import { Subscriptions } from './subscriptions.ts'
import { ToldAlerts } from './told-alerts.ts'

export type { FeedClock } from './clock.ts'
export type { End } from './connection.ts'
export type { Age, FeedError, FeedEvent, FeedEvents, FeedState } from './events.ts'
export type {
  Alert,
  AlertMessage,
  Router,
  Session,
  SessionsMessage,
  SnapshotMessage,
  Stats,
  SystemMessage,
  Topic,
  Usage,
  WelcomeMessage,
} from './messages.ts'
export type { FeedSocket, FeedSocketConstructor } from './socket.ts'

export interface FeedOptions {
  /** `wss://HOST/ws`. No token goes in there. */
  readonly url: string
  /** Asked for each connection, and again shortly before the last one expires. A rejection is tried again later. */
  readonly token: () => Promise<string>
  /** Needed where the platform has none, as in Node 20: that of `ws` will do. */
  readonly WebSocket?: FeedSocketConstructor
  /** For tests. */
  readonly clock?: FeedClock
  /** For tests: 0 to 1. */
  readonly random?: () => number
}

/**
 * Connects, and stays connected until `close()`, or until the server says that this token will never do.
 * @throws Error where there is no WebSocket
 */
export function connectFeed(options: FeedOptions): Feed {
  const { WebSocket = platformSocket(), clock = systemClock, random = Math.random } = options
  const feed = new Feed({ ...options, WebSocket, clock, random })
  feed.start()
  return feed
}

/** The live numbers, over however many connections it takes. */
export class Feed {
  readonly #options: Required<FeedOptions>
  readonly #events = new Events()
  readonly #subscriptions = new Subscriptions()
  readonly #alerts = new ToldAlerts()
  readonly #wait: Alarm
  readonly #staleness: Alarm
  #state: FeedState = { kind: 'connecting' }
  #connection: Connection | undefined
  #failures = 0
  #staleAfterMs = 0
  #isStale = false
  #asOf: string | undefined

  constructor(options: Required<FeedOptions>) {
    this.#options = options
    this.#wait = new Alarm(options.clock)
    this.#staleness = new Alarm(options.clock)
  }

  get state(): FeedState {
    return this.#state
  }

  /** Since `stale`, until `fresh`. */
  get isStale(): boolean {
    return this.#isStale
  }

  start(): void {
    if (this.#state.kind === 'closed' || this.#connection !== undefined) return
    const { url, token, WebSocket, clock } = this.#options
    this.#connection = new Connection({
      ...{ url, token, WebSocket, clock },
      onMessage: message => this.#receive(message),
      onError: error => this.#events.emit('error', error),
      onEnd: end => this.#ended(end),
    })
    this.#connection.start()
    this.#enter({ kind: 'connecting' })
  }

  /** @returns what takes the listener away */
  on<Name extends FeedEvent>(name: Name, listener: (event: FeedEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Asks for a topic, now and after each reconnect. Several may ask for the same: the server is told by the first and
   * the last. Of `alerts` the first is told the newest twenty, and all of them what comes after that.
   * @param tenant named by admins, for `sessions` and `alerts`
   * @returns what ends it
   */
  subscribe(topic: Topic, tenant?: string): () => void {
    const subscription = { topic, tenant }
    let isWanted = true
    this.#tell(this.#subscriptions.add(subscription))
    return () => {
      if (isWanted) this.#unsubscribe(subscription)
      isWanted = false
    }
  }

  /** Asks for a snapshot now; once a second at the most. */
  refresh(): void {
    this.#tell({ type: 'refresh' })
  }

  /** For good. Nothing is heard of it after the last `state`. */
  close(): void {
    this.#finish(undefined)
  }

  #unsubscribe(subscription: Subscription): void {
    const message = this.#subscriptions.remove(subscription)
    this.#tell(message)
    if (message !== undefined && subscription.topic === 'alerts') this.#alerts.forget(subscription.tenant)
  }

  #tell(message: ClientMessage | undefined): void {
    // What is wanted while there is no connection is asked for at the welcome.
    if (message !== undefined && this.#state.kind === 'live') this.#connection?.send(message)
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#failures = 0
        this.#staleAfterMs = staleAfterMs(message.interval_ms)
        for (const wanted of this.#subscriptions.messages()) this.#connection?.send(wanted)
        if (this.#asOf === undefined && message.tenants.length > 0) this.#watchAge()
        this.#enter({ kind: 'live' })
        this.#events.emit('welcome', message)
        break
      case 'snapshot':
        this.#showSnapshot(message)
        break
      case 'sessions':
        this.#events.emit('sessions', message)
        break
      case 'system':
        this.#events.emit('system', message)
        break
      case 'alert':
        if (this.#alerts.isNews(message)) this.#events.emit('alert', message)
        break
      case 'error':
        this.#fail({ kind: 'server', code: message.code, message: message.message })
        break
      default:
        message satisfies never
    }
  }

  #showSnapshot(message: SnapshotMessage): void {
    this.#asOf = message.as_of
    this.#watchAge()
    const wasStale = this.#isStale
    this.#isStale = false
    if (wasStale) this.#events.emit('fresh', { as_of: message.as_of })
    this.#events.emit('snapshot', message)
  }

  /** Runs on while there is no connection: numbers age all the same. */
  #watchAge(): void {
    this.#staleness.set(this.#staleAfterMs, () => {
      if (this.#isStale) return
      this.#isStale = true
      this.#events.emit('stale', { as_of: this.#asOf })
    })
  }

  #ended(end: End): void {
    this.#connection = undefined
    const code = end.kind === 'closed' ? end.code : undefined
    if (code === NOT_YOURS) {
      this.#fail(end)
      this.#finish(end)
      return
    }
    const ms = backOffMs(this.#failures, code, this.#options.random())
    this.#failures += 1
    this.#wait.set(ms, () => this.start())
    this.#enter({ kind: 'waiting', ms, why: end })
    if (end.kind !== 'closed') this.#fail(end)
  }

  #finish(why: End | undefined): void {
    if (this.#state.kind === 'closed') return
    this.#wait.clear()
    this.#staleness.clear()
    this.#connection?.drop()
    this.#connection = undefined
    this.#enter({ kind: 'closed', why })
    this.#events.clear()
  }

  #enter(state: FeedState): void {
    this.#state = state
    this.#events.emit('state', state)
  }

  #fail(error: FeedError): void {
    this.#events.emit('error', error)
  }
}
