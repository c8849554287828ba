import { type ByteReader, MalformedRecord } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

/**
 * Numbers for strings that occur often: routers in a segment; protocols, servers, days and bindings of one router in it.
 *
 *     word = varint(0) string      the first time; it gets number 1, 2, 3 …
 *          | varint(number)        after that
 */
export class WrittenWords {
  /** Bytes of sessions that were written whole, which the next segment has to write again. */
  sessionBytes = 0
  readonly #numbers = new Map<string, number>()

  write(out: ByteWriter, word: string): void {
    const number = this.#numbers.get(word)
    out.varint(number ?? 0)
    if (number !== undefined) return
    out.string(word)
    this.#numbers.set(word, this.#numbers.size + 1)
  }
}

/** The reader's side of `WrittenWords`. */
export class ReadWords {
  readonly #words: string[] = []

  read(from: ByteReader): string {
    const number = from.varint()
    if (number > 0) {
      const word = this.#words[number - 1]
      if (word === undefined) throw new MalformedRecord(`no word ${number} yet`)
      return word
    }
    const word = from.string()
    this.#words.push(word)
    return word
  }
}
