import { Alarm, type FeedClock } from './feed-clock.ts'
import type { ClientMessage } from './messages.ts'

/** The server allows twenty messages at once and twenty a second, and closes the connection above that. */
const AT_ONCE = 10
const WINDOW_MS = 1000

/** Sends messages in order, within the server's limit: an admin may have hundreds of subscriptions. */
export class Pace {
  readonly #send: (text: string) => void
  readonly #window: Alarm
  /** Waiting messages. A repeated message moves to the end. */
  readonly #waiting = new Set<string>()
  #sent = 0

  constructor(clock: FeedClock, send: (text: string) => void) {
    this.#window = new Alarm(clock)
    this.#send = send
  }

  put(message: ClientMessage): void {
    const text = JSON.stringify(message)
    this.#waiting.delete(text)
    this.#waiting.add(text)
    this.#flush()
  }

  stop(): void {
    this.#waiting.clear()
    this.#window.clear()
  }

  #flush(): void {
    for (const text of this.#waiting) {
      if (this.#sent >= AT_ONCE) return
      this.#sent += 1
      this.#waiting.delete(text)
      this.#send(text)
      if (!this.#window.isSet) this.#window.set(WINDOW_MS, () => this.#nextWindow())
    }
  }

  #nextWindow(): void {
    this.#sent = 0
    this.#flush()
  }
}
