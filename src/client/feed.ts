import { Alarm, type FeedClock, systemClock } from './feed-clock.ts'
import { Connection, type End, staleAfterMs } from './feed-connection.ts'
import { Events, type FeedError, type FeedEvent, type FeedEvents, type FeedState } from './feed-events.ts'
import { KnownAlerts } from './known-alerts.ts'
import type { ClientMessage, ServerMessage, SnapshotMessage, Subscription, Topic } from './messages.ts'
import { NOT_YOURS, reconnectWaitMs } from './reconnect-wait.ts'
import { type FeedSocketConstructor, platformSocket } from './socket.ts'
import { Subscriptions } from './subscriptions.ts'

export type { FeedClock } from './feed-clock.ts'
export type { End } from './feed-connection.ts'
export type { Age, FeedError, FeedEvent, FeedEvents, FeedState } from './feed-events.ts'
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
  /** `wss://HOST/ws`, without a token. */
  readonly url: string
  /** Called for each connection, and again shortly before the token expires. A rejection is retried later. */
  readonly token: () => Promise<string>
  /** Required where the platform has none, as in Node 20: pass the one from `ws`. */
  readonly WebSocket?: FeedSocketConstructor
  /** For tests. */
  readonly clock?: FeedClock
  /** For tests: 0 to 1. */
  readonly random?: () => number
}

/**
 * Connects, and reconnects until `close()` or until the server rejects the token for good.
 * @throws Error if the platform has no WebSocket
 */
export function connectFeed(options: FeedOptions): Feed {
  const { WebSocket = platformSocket(), clock = systemClock, random = Math.random } = options
  const feed = new Feed({ ...options, WebSocket, clock, random })
  feed.start()
  return feed
}

/** The live numbers, across connections. */
export class Feed {
  readonly #options: Required<FeedOptions>
  readonly #events = new Events()
  readonly #subscriptions = new Subscriptions()
  readonly #alerts = new KnownAlerts()
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

  /** True from `stale` until `fresh`. */
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

  /** @returns a function that removes the listener */
  on<Name extends FeedEvent>(name: Name, listener: (event: FeedEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Subscribes to a topic, now and after each reconnect. Several callers may subscribe to the same topic: the server
   * only sees the first and the last. The first subscriber of `alerts` gets the newest twenty; all of them get the
   * alerts that follow.
   * @param tenant for admins, with `sessions` and `alerts`
   * @returns a function that unsubscribes
   */
  subscribe(topic: Topic, tenant?: string): () => void {
    const subscription = { topic, tenant }
    let isWanted = true
    this.#request(this.#subscriptions.add(subscription))
    return () => {
      if (isWanted) this.#unsubscribe(subscription)
      isWanted = false
    }
  }

  /** Requests a snapshot now, at most once a second. */
  refresh(): void {
    this.#request({ type: 'refresh' })
  }

  /** Closes the feed for good. The last event is `state`. */
  close(): void {
    this.#finish(undefined)
  }

  #unsubscribe(subscription: Subscription): void {
    const message = this.#subscriptions.remove(subscription)
    this.#request(message)
    if (message !== undefined && subscription.topic === 'alerts') this.#alerts.forget(subscription.tenant)
  }

  #request(message: ClientMessage | undefined): void {
    // Without a connection nothing is sent: the welcome sends all subscriptions.
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

  /** Also runs without a connection, because the numbers shown get older all the same. */
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
    const ms = reconnectWaitMs(this.#failures, code, this.#options.random())
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
