import type { Property } from './menus.ts'
import { shortLength } from './output.ts'
import type { Subscriber } from './subscribers.ts'

/**
 * Rows that are rendered once, at the login. Only few words of a row change, so all others are stored as they are sent.
 * Words are short ASCII, so no byte is above 0x7F, and higher bytes can be commands:
 *
 *     0x00–0x7F             is sent as it is
 *     UPTIME … length name  the length of a word, its name (`=uptime=`), and then the current value
 *     END                   the end of the row
 */
export const MOVING = { uptime: 0x80, upload: 0x81, download: 0x82 } as const
export const END = 0xff

/** Space for the values: at most three of 20 characters. */
export const MOVING_BYTES = 64

const FIRST_BYTES = 4_096

export class Templates {
  readonly #properties: readonly [name: string, property: Property][]
  #bytes: Buffer = Buffer.alloc(FIRST_BYTES)
  #used = 0
  #longest = 0
  readonly #starts: number[] = []

  constructor(properties: readonly [name: string, property: Property][]) {
    this.#properties = properties
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Bytes of the longest template. */
  get longest(): number {
    return this.#longest
  }

  startOf(number: number): number {
    return this.#starts[number] ?? Number.NaN
  }

  add(subscriber: Subscriber): void {
    const start = this.#used
    this.#starts[subscriber.number] = start
    for (const [name, property] of this.#properties) {
      if (property.kind === 'fixed') this.#addWord(`=${name}=${property.of(subscriber)}`)
      else {
        this.#addByte(MOVING[property.kind])
        this.#addWord(`=${name}=`)
      }
    }
    this.#addByte(0)
    this.#addByte(END)
    this.#longest = Math.max(this.#longest, this.#used - start)
  }

  #addWord(word: string): void {
    this.#addByte(shortLength(word))
    this.#reserve(word.length)
    this.#used += this.#bytes.write(word, this.#used, 'latin1')
  }

  #addByte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#used++] = byte
  }

  #reserve(more: number): void {
    if (this.#used + more <= this.#bytes.length) return
    const grown = Buffer.alloc(Math.ceil(this.#bytes.length * 1.25) + more)
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
