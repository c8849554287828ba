import type { End } from './feed-connection.ts'
import type {
  AlertMessage,
  SessionsMessage,
  SnapshotMessage,
  SystemMessage,
  WelcomeMessage,
} from './messages.ts'

/**
 * connecting ─ welcome ─▶ live ─ lost ─▶ waiting ─ after `ms` ─▶ connecting
 *     └ lost ─▶ waiting       4403, close() ─▶ closed, for good
 */
export type FeedState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'waiting'; readonly ms: number; readonly why: End }
  /** `why` is `undefined` after `close()`. */
  | { readonly kind: 'closed'; readonly why: End | undefined }

/** `server` is the server's answer to a request. Only `closed` with code 4403 ends the feed. */
export type FeedError =
  | { readonly kind: 'server'; readonly code: string; readonly message: string }
  | { readonly kind: 'garbage'; readonly reason: string }
  | End

/** The time of the numbers shown; `undefined` before the first snapshot. */
export interface Age {
  readonly as_of: string | undefined
}

export interface FeedEvents {
  readonly welcome: WelcomeMessage
  readonly snapshot: SnapshotMessage
  readonly sessions: SessionsMessage
  readonly system: SystemMessage
  /** Each state of each alert once, also across connections. */
  readonly alert: AlertMessage
  readonly state: FeedState
  readonly error: FeedError
  /** No snapshot has arrived for three intervals. */
  readonly stale: Age
  /** A snapshot has arrived again. */
  readonly fresh: Age
}

export type FeedEvent = keyof FeedEvents

type Listeners = { readonly [Name in FeedEvent]: Set<(event: FeedEvents[Name]) => void> }

export class Events {
  readonly #listeners: Listeners = {
    welcome: new Set(),
    snapshot: new Set(),
    sessions: new Set(),
    system: new Set(),
    alert: new Set(),
    state: new Set(),
    error: new Set(),
    stale: new Set(),
    fresh: new Set(),
  }

  on<Name extends FeedEvent>(name: Name, listener: (event: FeedEvents[Name]) => void): () => void {
    // A listener added twice is called twice, and each is removed separately.
    const own = (event: FeedEvents[Name]) => listener(event)
    this.#listeners[name].add(own)
    return () => {
      this.#listeners[name].delete(own)
    }
  }

  emit<Name extends FeedEvent>(name: Name, event: FeedEvents[Name]): void {
    for (const listener of [...this.#listeners[name]]) {
      try {
        listener(event)
      } catch (error) {
        // An error of the dashboard: it is reported as uncaught, and the other listeners are still called.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  /** Removes all listeners. */
  clear(): void {
    for (const listeners of Object.values(this.#listeners)) listeners.clear()
  }
}
