import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Clock } from '../runtime/clock.ts'

/**
 * What waits for one client. Each kind of message has one slot, where the newest wins: a slow client costs a
 * reference to a shared frame and skips what it was too slow for. The oldest slot goes first.
 *
 * Frames go past `ws`, whose `send` makes a head for each client and writes it apart from the payload. What it sends
 * itself (pings, closes) goes the same way as whole frames too, since here it neither compresses nor fragments.
 */
export class Outbox {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #clock: Clock
  /** Empty unless the stream is full. */
  readonly #slots = new Map<string, { readonly frame: Buffer; readonly sinceMs: number }>()
  #isAwaitingDrain = false

  /** @param stream the one that `socket` was made of */
  constructor(socket: WebSocket, stream: Duplex, clock: Clock) {
    this.#socket = socket
    this.#stream = stream
    this.#clock = clock
  }

  put(slot: string, frame: Buffer): void {
    if (!this.#stream.writableNeedDrain) {
      this.say(frame)
      return
    }
    // A Map keeps a key's place when its value is replaced, and the slot has waited since its first frame did.
    this.#slots.set(slot, { frame, sinceMs: this.#slots.get(slot)?.sinceMs ?? this.#clock.steadyMs() })
    this.#awaitDrain()
  }

  drop(slot: string): void {
    this.#slots.delete(slot)
  }

  clear(): void {
    this.#slots.clear()
  }

  /** Sends at once, before all that waits; but nothing may come after a close. */
  say(frame: Buffer): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#stream.write(frame)
  }

  isTooSlow(nowMs: number, slowAfterMs: number): boolean {
    if (this.#slots.size === 0) return false
    const oldest = this.#slots.values().next().value
    return oldest !== undefined && nowMs - oldest.sinceMs >= slowAfterMs
  }

  #awaitDrain(): void {
    if (this.#isAwaitingDrain) return
    this.#isAwaitingDrain = true
    this.#stream.once('drain', () => {
      this.#isAwaitingDrain = false
      this.#flush()
    })
  }

  #flush(): void {
    for (const [slot, { frame }] of this.#slots) {
      if (this.#stream.writableNeedDrain) {
        this.#awaitDrain()
        return
      }
      this.#slots.delete(slot)
      this.say(frame)
    }
  }
}
