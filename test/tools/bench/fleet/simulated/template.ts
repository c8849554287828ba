import type { Property } from './menus.ts'
import { shortLength } from './output.ts'
import type { Subscriber } from './subscribers.ts'

/**
 * Rows as they were rendered once, at the login. Of a row only few words change, so all the others are kept as they
 * are sent; words are ASCII and short, so no byte of theirs is above 0x7F, and those are free to say what to do:
 *
 *     0x00–0x7F             is sent as it is
 *     UPTIME … length name  the length of a word, its name (`=uptime=`), and the value as it is now
 *     END                   the row's last
 */
export const MOVING = { uptime: 0x80, upload: 0x81, download: 0x82 } as const
export const END = 0xff

/** Beyond what a template has: three values of 20 characters at the most. */
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

  /** Bytes of the longest one. */
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
