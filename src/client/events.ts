import type { End } from './connection.ts'
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
  /** `why` is absent where `close()` was called. */
  | { readonly kind: 'closed'; readonly why: End | undefined }

/** `server` is its answer to what was asked. None of them ends the feed but `closed`, with the code 4403. */
export type FeedError =
  | { readonly kind: 'server'; readonly code: string; readonly message: string }
  | { readonly kind: 'garbage'; readonly reason: string }
  | End

/** When the numbers shown were true; `undefined` where there are none yet. */
export interface Age {
  readonly as_of: string | undefined
}

export interface FeedEvents {
  readonly welcome: WelcomeMessage
  readonly snapshot: SnapshotMessage
  readonly sessions: SessionsMessage
  readonly system: SystemMessage
  /** Each state of each alert once, over however many connections. */
  readonly alert: AlertMessage
  readonly state: FeedState
  readonly error: FeedError
  /** No snapshot came for three intervals. */
  readonly stale: Age
  /** One came again. */
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
    // A listener added twice is called twice, and each is taken away by itself.
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
        // The dashboard's fault, which shows as any other of its faults, and takes nothing from other listeners.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  /** Nobody hears anything more. */
  clear(): void {
    for (const listeners of Object.values(this.#listeners)) listeners.clear()
  }
}
