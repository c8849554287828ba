import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Clock } from '../runtime/clock.ts'

/**
 * So much is sent at once, and then no more until the client has answered a ping behind it. By itself the kernel takes
 * megabytes for a client that doesn't read: of its memory, and of numbers that are old by the time they are read.
 */
const WINDOW_BYTES = 128 * 1024

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
  /** Empty unless the stream is full, or a ping is not answered. */
  readonly #slots = new Map<string, { readonly frame: Buffer; readonly sinceMs: number }>()
  #isAwaitingDrain = false
  #sentBytes = 0
  /** In the ping that is to be answered before more is sent: whoever has not read that far can't know it. */
  #mark: Buffer | undefined

  /** @param stream the one that `socket` was made of */
  constructor(socket: WebSocket, stream: Duplex, clock: Clock) {
    this.#socket = socket
    this.#stream = stream
    this.#clock = clock
  }

  put(slot: string, frame: Buffer): void {
    if (!this.#isFull) {
      this.#send(frame)
      return
    }
    // A Map keeps a key's place when its value is replaced, and the slot has waited since its first frame did.
    this.#slots.set(slot, { frame, sinceMs: this.#slots.get(slot)?.sinceMs ?? this.#clock.steadyMs() })
    if (this.#stream.writableNeedDrain) this.#awaitDrain()
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

  /** Asks whether the client is there. It may answer the last of several pings alone, so that one asks for the mark too. */
  ping(): void {
    this.#socket.ping(this.#mark)
  }

  /** The client has read all that was sent before the ping that it answers. */
  answered(pong: Buffer): void {
    if (this.#mark === undefined || !pong.equals(this.#mark)) return
    this.#mark = undefined
    this.#flush()
  }

  isTooSlow(nowMs: number, slowAfterMs: number): boolean {
    if (this.#slots.size === 0) return false
    const oldest = this.#slots.values().next().value
    return oldest !== undefined && nowMs - oldest.sinceMs >= slowAfterMs
  }

  get #isFull(): boolean {
    return this.#mark !== undefined || this.#stream.writableNeedDrain
  }

  #send(frame: Buffer): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    this.say(frame)
    this.#sentBytes += frame.length
    if (this.#sentBytes < WINDOW_BYTES) return
    this.#sentBytes = 0
    this.#mark = randomBytes(4)
    this.ping()
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
      if (this.#stream.writableNeedDrain) this.#awaitDrain()
      if (this.#isFull) return
      this.#slots.delete(slot)
      this.#send(frame)
    }
  }
}
