import { addBytes, type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import type { Shown } from './sight.ts'

/** The bytes of one session that whole replies carried. */
export class Carried {
  /** The counters from which counting continues. */
  #last: Bytes | undefined
  #shown: Shown | undefined
  #bytes = NO_BYTES
  #added = NO_BYTES

  get bytes(): Bytes {
    return this.#bytes
  }

  /** When its last row in a whole reply was made; `undefined` if there was none. */
  get atMs(): number | undefined {
    return this.#shown?.atMs
  }

  /** The bytes that the last reply added: a client that lost this reply has `bytes` less these. */
  get added(): Bytes {
    return this.#added
  }

  /** Whether a reply or a binding's baseline has set the counters from which counting continues. */
  get isStarted(): boolean {
    return this.#last !== undefined
  }

  startFrom(baseline: Bytes): void {
    this.#last = baseline
  }

  /**
   * Counters that fell were reset, so everything they show is new. A row that was seen before, or is older, is skipped.
   * @returns the bytes that the row added
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
