import { addBytes, type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import type { Shown } from './sight.ts'

/** The bytes that whole replies carried of one session. */
export class Carried {
  /** What counting goes on from. */
  #last: Bytes | undefined
  #shown: Shown | undefined
  #bytes = NO_BYTES
  #added = NO_BYTES

  get bytes(): Bytes {
    return this.#bytes
  }

  /** When the last row of it in a whole reply was made; `undefined` where none ever was. */
  get atMs(): number | undefined {
    return this.#shown?.atMs
  }

  /** What the last reply added: a client that lost just this one has `bytes` less this. */
  get added(): Bytes {
    return this.#added
  }

  /** Whether a reply, or a binding's baseline, has fixed what counting goes on from. */
  get isStarted(): boolean {
    return this.#last !== undefined
  }

  startFrom(baseline: Bytes): void {
    this.#last = baseline
  }

  /**
   * Counters that fell were reset, so all that they show is new. A row that was looked at, or overtaken, is passed over.
   * @returns what the row added
   */
  take(shown: Shown): Bytes {
    if (this.#shown && (shown === this.#shown || shown.atMs < this.#shown.atMs)) return NO_BYTES
    this.#added = added(this.#last ?? NO_BYTES, shown.counters)
    this.#bytes = addBytes(this.#bytes, this.#added)
    this.#last = shown.counters
    this.#shown = shown
    return this.#added
  }
}

function added(last: Bytes, now: Bytes): Bytes {
  if (now.upload < last.upload || now.download < last.download) return now
  return { upload: now.upload - last.upload, download: now.download - last.download }
}
