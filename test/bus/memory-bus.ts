import type { Bus, OnMessage } from '../../src/bus/bus.ts'

interface Listener {
  readonly of: MemoryBus
  readonly subject: string
  readonly onMessage: OnMessage
}

/** A server that only passes messages on, as NATS does. */
export class MemoryServer {
  readonly listeners = new Set<Listener>()
  mostBytes = 1024 * 1024
  isUp = true
  /** Messages that arrive nowhere. */
  drops: (subject: string) => boolean = () => false
  #inboxes = 0

  connect(): MemoryBus {
    return new MemoryBus(this, () => `_INBOX.${++this.#inboxes}`)
  }
}

/** One daemon's connection. It does not receive its own messages. */
export class MemoryBus implements Bus {
  readonly #server: MemoryServer
  readonly #nextInbox: () => string
  readonly sent: string[] = []

  constructor(server: MemoryServer, nextInbox: () => string) {
    this.#server = server
    this.#nextInbox = nextInbox
  }

  get isUp(): boolean {
    return this.#server.isUp
  }

  get mostBytes(): number {
    return this.#server.mostBytes
  }

  publish(subject: string, message: Uint8Array): void {
    if (!this.isUp) return
    if (message.length > this.mostBytes) throw new RangeError(`${message.length} bytes are too many`)
    this.sent.push(subject)
    if (this.#server.drops(subject)) return
    for (const { of, subject: wanted, onMessage } of [...this.#server.listeners])
      if (of !== this && matches(wanted, subject)) onMessage(Uint8Array.from(message), subject)
  }

  subscribe(subject: string, onMessage: OnMessage): () => void {
    const listener = { of: this, subject, onMessage }
    this.#server.listeners.add(listener)
    return () => void this.#server.listeners.delete(listener)
  }

  inbox(onMessage: OnMessage): { readonly subject: string; readonly close: () => void } {
    const subject = this.#nextInbox()
    return { subject, close: this.subscribe(subject, onMessage) }
  }
}

function matches(wanted: string, subject: string): boolean {
  return wanted.endsWith('.*')
    ? subject.startsWith(wanted.slice(0, -1)) && !subject.slice(wanted.length - 1).includes('.')
    : wanted === subject
}
