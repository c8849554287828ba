/** A port: the part of a WebSocket that takes what we send. */
export interface Pipe {
  readonly bufferedAmount: number
  send(frame: Buffer, options: { binary: boolean }, sent: (error?: Error) => void): void
}

/** With less than this unsent, a socket takes the next message. */
const DRAINED_BYTES = 16 * 1024

/**
 * What waits for one client. Each kind of message has one slot, where the newest wins: a slow client costs a
 * reference to a shared frame and skips what it was too slow for. The oldest slot goes first.
 */
export class Outbox {
  readonly #pipe: Pipe
  readonly #slots = new Map<string, { readonly frame: Buffer; readonly sinceMs: number }>()

  constructor(pipe: Pipe) {
    this.#pipe = pipe
  }

  put(slot: string, frame: Buffer, nowMs: number): void {
    // A Map keeps a key's place when its value is replaced, and the slot has waited since its first frame did.
    this.#slots.set(slot, { frame, sinceMs: this.#slots.get(slot)?.sinceMs ?? nowMs })
    this.#flush()
  }

  drop(slot: string): void {
    this.#slots.delete(slot)
  }

  clear(): void {
    this.#slots.clear()
  }

  /** Sends at once, before all that waits: a last word. */
  say(frame: Buffer): void {
    this.#send(frame)
  }

  isTooSlow(nowMs: number, slowAfterMs: number): boolean {
    const oldest = this.#slots.values().next().value
    return oldest !== undefined && nowMs - oldest.sinceMs >= slowAfterMs
  }

  #flush(): void {
    for (const [slot, { frame }] of this.#slots) {
      if (this.#pipe.bufferedAmount >= DRAINED_BYTES) return
      this.#slots.delete(slot)
      this.#send(frame)
    }
  }

  #send(frame: Buffer): void {
    // After an error the socket is closing, and takes nothing more.
    this.#pipe.send(frame, { binary: false }, error => {
      if (!error) this.#flush()
    })
  }
}
