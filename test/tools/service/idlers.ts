import { connect, type Socket } from 'node:net'

const BACK_AFTER_MS = 1000

/** Strangers who connect from separate addresses of 127.0.0.0/8, send nothing, and reconnect when they are closed. */
export class Idlers {
  readonly #port: number
  readonly #open = new Set<Socket>()
  readonly #connected = new Set<number>()
  #isOver = false
  /** How often one of them was closed. */
  closed = 0

  constructor(port: number) {
    this.#port = port
  }

  /** Number of addresses that were connected at least once. */
  get connected(): number {
    return this.#connected.size
  }

  start(count: number): void {
    for (let number = 0; number < count; number++) this.#come(number)
  }

  stop(): void {
    this.#isOver = true
    for (const socket of this.#open) socket.destroy()
  }

  #come(number: number): void {
    const socket = connect({ host: '127.0.0.1', port: this.#port, localAddress: addressOf(1, number) })
    this.#open.add(socket)
    socket.on('error', () => {})
    socket.once('connect', () => {
      this.#connected.add(number)
    })
    socket.once('close', () => {
      this.#open.delete(socket)
      this.closed++
      if (!this.#isOver) setTimeout(() => this.#come(number), BACK_AFTER_MS)
    })
  }
}

/** The address with that number in a group of loopback addresses. */
export function addressOf(group: number, number: number): string {
  return `127.${group}.${Math.floor(number / 250)}.${(number % 250) + 1}`
}
