import { WebSocket } from 'ws'
import {
  connectFeed,
  type Feed,
  type FeedEvent,
  type FeedEvents,
  type FeedOptions,
} from '../../src/client/feed.ts'
import type { FeedClock } from '../../src/client/feed-clock.ts'
import { acme, START, tenantToken } from '../feed/feed-fixture.ts'
import { HandClock } from '../runtime/hand-clock.ts'

/** The client's clock, driven by the same manual clock as the daemon. */
export function clientClock(clock: HandClock): FeedClock {
  return {
    now: () => clock.now().getTime(),
    after: (ms, call) => {
      const taken = new AbortController()
      void clock.sleep(ms, taken.signal).then(() => {
        if (!taken.signal.aborted) call()
      })
      return () => taken.abort()
    },
  }
}

/** The feed's events of one name, in order, until the test asks for them. */
export class Heard<Name extends FeedEvent> {
  readonly all: FeedEvents[Name][] = []
  #read = 0
  #arrived: () => void = () => {}

  constructor(feed: Feed, name: Name) {
    feed.on(name, event => {
      this.all.push(event)
      this.#arrived()
    })
  }

  async next(): Promise<FeedEvents[Name]> {
    for (;;) {
      const event = this.all[this.#read]
      if (event !== undefined) {
        this.#read += 1
        return event
      }
      await new Promise<void>(resolve => {
        this.#arrived = resolve
      })
    }
  }
}

/** A user of the client, with a manual clock and the shortest waits. */
export class Dashboard {
  readonly clock = new HandClock(START)
  readonly feed: Feed
  readonly welcomes: Heard<'welcome'>
  readonly snapshots: Heard<'snapshot'>
  readonly sessions: Heard<'sessions'>
  readonly alerts: Heard<'alert'>
  readonly states: Heard<'state'>
  readonly errors: Heard<'error'>
  readonly stale: Heard<'stale'>
  readonly fresh: Heard<'fresh'>
  /** How often `token` was called. */
  tokensAsked = 0

  constructor(url: string, options: Partial<FeedOptions> = {}) {
    const token = options.token ?? (() => tenantToken(acme))
    this.feed = connectFeed({
      ...{ url, WebSocket, clock: clientClock(this.clock), random: () => 0 },
      ...options,
      token: () => {
        this.tokensAsked += 1
        return token()
      },
    })
    this.welcomes = new Heard(this.feed, 'welcome')
    this.snapshots = new Heard(this.feed, 'snapshot')
    this.sessions = new Heard(this.feed, 'sessions')
    this.alerts = new Heard(this.feed, 'alert')
    this.states = new Heard(this.feed, 'state')
    this.errors = new Heard(this.feed, 'error')
    this.stale = new Heard(this.feed, 'stale')
    this.fresh = new Heard(this.feed, 'fresh')
  }

  /** The next time that the feed waits before another attempt: how long, and why. */
  async waiting(): Promise<Extract<FeedEvents['state'], { readonly kind: 'waiting' }>> {
    for (;;) {
      const state = await this.states.next()
      if (state.kind === 'waiting') return state
    }
  }

  /** Lets the wait before the next attempt pass. */
  async retry(): Promise<void> {
    const { ms } = await this.waiting()
    await this.clock.turn(ms)
  }

  /** The final state. */
  async closed(): Promise<Extract<FeedEvents['state'], { readonly kind: 'closed' }>> {
    for (;;) {
      const state = await this.states.next()
      if (state.kind === 'closed') return state
    }
  }
}
