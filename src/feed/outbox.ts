import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Clock } from '../runtime/clock.ts'

/**
 * After this many bytes nothing more is sent until the client has answered a ping. Otherwise the kernel would buffer
 * megabytes for a client that does not read: memory, and numbers that are old by the time they are read.
 */
const WINDOW_BYTES = 128 * 1024

/**
 * The messages that wait for one client. Each kind of message has one slot in which the newest one replaces older ones:
 * a slow client costs one reference to a shared frame per slot, and skips what it was too slow for. The oldest slot is
 * sent first.
 *
 * Frames bypass `ws`, whose `send` builds a header per client and writes it separately. Its own frames (pings, closes)
 * are also written whole to the same stream, because it neither compresses nor fragments here.
 */
export class Outbox {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #clock: Clock
  /** Empty unless the stream is full or a ping is unanswered. */
  readonly #slots = new Map<string, { readonly frame: Buffer; readonly sinceMs: number }>()
  #isAwaitingDrain = false
  #sentBytes = 0
  /** The payload of the ping that must be answered before more is sent. It is random, so it cannot be guessed. */
  #mark: Buffer | undefined

  /** @param stream the stream of `socket` */
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
    // A replaced value keeps its key's place in a Map, and the slot keeps the time of its first waiting frame.
    this.#slots.set(slot, { frame, sinceMs: this.#slots.get(slot)?.sinceMs ?? this.#clock.steadyMs() })
    if (this.#stream.writableNeedDrain) this.#awaitDrain()
  }

  drop(slot: string): void {
    this.#slots.delete(slot)
  }

  clear(): void {
    this.#slots.clear()
  }

  /** Sends before everything that waits, unless the connection is closing. */
  say(frame: Buffer): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#stream.write(frame)
  }

  /** Checks that the client is alive. Carries the mark, because a client may answer only the last of several pings. */
  ping(): void {
    this.#socket.ping(this.#mark)
  }

  /** Called for a pong: the client has read everything sent before the ping that it answers. */
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
