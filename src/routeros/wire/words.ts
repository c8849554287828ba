/**
 * The API's framing: a word is its length and its bytes, a sentence is words up to one of length 0.
 *
 *     length              first byte     then
 *     0        – 0x7F      0xxxxxxx
 *     0x80     – 0x3FFF    10xxxxxx      1 byte
 *     0x4000   – 0x1FFFFF  110xxxxx      2 bytes
 *     0x200000 – 0xFFFFFFF 1110xxxx      3 bytes
 *     above                0xF0          4 bytes
 *     reserved             0xF8 – 0xFF
 *
 * Source: MikroTik's API manual, "API words". Lengths count bytes, and any split of the stream is legal.
 */

/** The stream cannot be read any further, so its connection has to end. */
export class MalformedStream extends Error {
  override readonly name = 'MalformedStream'
}

/** Encodes one word: its length and its bytes. */
export function encodeWord(bytes: Uint8Array): Buffer {
  return Buffer.concat([encodeLength(bytes.length), bytes])
}

/** Encodes one sentence, with its closing word. */
export function encodeSentence(words: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = []
  for (const word of words) parts.push(encodeLength(word.length), word)
  parts.push(END)
  return Buffer.concat(parts)
}

const END = Uint8Array.of(0)

/**
 * Encodes the length of a word.
 * @throws RangeError at 2^32 and above
 */
export function encodeLength(length: number): Buffer {
  const bytes = Buffer.alloc(LONGEST_PREFIX)
  return bytes.subarray(0, writeLength(bytes, 0, length))
}

/** The longest encoded length, in bytes. */
export const LONGEST_PREFIX = 5

/**
 * Writes the length of a word.
 * @returns the offset after it
 * @throws RangeError at 2^32 and above
 */
export function writeLength(into: Buffer, at: number, length: number): number {
  if (length < 0x80) return into.writeUInt8(length, at)
  if (length < 0x4000) return into.writeUInt16BE(length | 0x8000, at)
  if (length < 0x200000) return into.writeUIntBE(length | 0xc00000, at, 3)
  if (length < 0x10000000) return into.writeUInt32BE(length + 0xe0000000, at)
  into.writeUInt8(0xf0, at)
  return into.writeUInt32BE(length, at + 1)
}

/** Rows have a few dozen words. */
const MAX_SENTENCE_WORDS = 1_024
/** Limit of a sentence, in words of the greatest length. Rows have a few kilobytes; budgets count complete sentences. */
const MAX_LONGEST_WORDS = 4

/** Recognises complete sentences by their bytes, before they are cut into words. */
export interface KnownSentences {
  /** @returns the offset after the sentence at `at`, or a negative number: `SHORT` or `OTHER` */
  take(bytes: Buffer, at: number): number
}

/** The bytes end before the sentence does. */
export const SHORT = -2
/** The sentence is not known. */
export const OTHER = -1

/**
 * Every chunk is copied here while it is cut. The socket has a new buffer for each chunk, and views of it would keep
 * tens of kilobytes alive until a full garbage collection, and so make these more frequent.
 */
const COMMON = Buffer.allocUnsafeSlow(128 * 1024)
/** A function that gets a sentence may cut another chunk meanwhile. */
let isCommonTaken = false

/**
 * Cuts a stream into sentences. A router's words and sentences are short, so a word longer than `maxWordBytes` or a
 * sentence without an end means that the stream is not the API.
 */
export class SentenceDecoder {
  /** Tries each sentence first. */
  known: KnownSentences | undefined
  readonly #maxWordBytes: number
  readonly #onSentence: (words: readonly Buffer[]) => void
  /** Bytes of an incomplete word. */
  #rest: Buffer = Buffer.alloc(0)
  /** Words of an incomplete sentence. The first ones, from earlier chunks, are copies. */
  #words: Buffer[] = []
  #wordBytes = 0
  #copied = 0

  /** @param options `onSentence` gets words that are valid until it returns */
  constructor(options: { maxWordBytes: number; onSentence: (words: readonly Buffer[]) => void }) {
    this.#maxWordBytes = options.maxWordBytes
    this.#onSentence = options.onSentence
  }

  /**
   * Takes the next chunk, and passes on each sentence that it completes.
   * @throws MalformedStream if the bytes cannot be framing
   */
  push(chunk: Buffer): void {
    const length = this.#rest.length + chunk.length
    if (isCommonTaken || length > COMMON.length) {
      this.#cut(Buffer.concat([this.#rest, chunk]))
      return
    }
    isCommonTaken = true
    try {
      this.#rest.copy(COMMON)
      chunk.copy(COMMON, this.#rest.length)
      this.#cut(COMMON.subarray(0, length))
    } finally {
      isCommonTaken = false
    }
  }

  #cut(bytes: Buffer): void {
    let at = 0
    for (;;) {
      if (this.known && this.#words.length === 0) {
        const end = this.known.take(bytes, at)
        if (end === SHORT) break
        if (end > 0) {
          at = end
          continue
        }
      }
      const first = bytes[at]
      if (first === undefined) break
      const prefixBytes = lengthOfPrefix(first)
      if (at + prefixBytes > bytes.length) break
      const length = decodeLength(bytes, at, first, prefixBytes)
      if (length > this.#maxWordBytes)
        throw new MalformedStream(`a word of ${length} bytes: not an API stream, or it was damaged`)
      const start = at + prefixBytes
      const end = start + length
      if (end > bytes.length) break
      at = end
      if (length === 0) this.#finishSentence()
      else this.#take(bytes.subarray(start, end))
    }
    this.#rest = at === bytes.length ? EMPTY : Buffer.from(bytes.subarray(at))
    for (; this.#copied < this.#words.length; this.#copied++)
      this.#words[this.#copied] = Buffer.from(this.#words[this.#copied] ?? EMPTY)
  }

  #take(word: Buffer): void {
    this.#wordBytes += word.length
    if (this.#words.push(word) > MAX_SENTENCE_WORDS)
      throw new MalformedStream(`a sentence of more than ${MAX_SENTENCE_WORDS} words: not an API stream`)
    if (this.#wordBytes > MAX_LONGEST_WORDS * this.#maxWordBytes)
      throw new MalformedStream(`a sentence of at least ${this.#wordBytes} bytes: not an API stream`)
  }

  #finishSentence(): void {
    if (this.#words.length === 0) return
    const words = this.#words
    this.#words = []
    this.#wordBytes = 0
    this.#copied = 0
    this.#onSentence(words)
  }
}

const EMPTY = Buffer.alloc(0)

/**
 * Returns how many bytes the length of a word takes.
 * @throws MalformedStream for a byte that no word begins with
 */
export function lengthOfPrefix(first: number): number {
  if (first < 0x80) return 1
  if (first < 0xc0) return 2
  if (first < 0xe0) return 3
  if (first < 0xf0) return 4
  if (first < 0xf8) return 5
  throw new MalformedStream(`a word cannot begin with the reserved byte 0x${first.toString(16)}`)
}

/** Decodes the length at an offset. All its bytes must be there. */
export function decodeLength(bytes: Buffer, at: number, first: number, prefixBytes: number): number {
  switch (prefixBytes) {
    case 1:
      return first
    case 2:
      return bytes.readUInt16BE(at) & 0x3fff
    case 3:
      return bytes.readUIntBE(at, 3) & 0x1fffff
    case 4:
      return bytes.readUInt32BE(at) & 0xfffffff
    default:
      return bytes.readUInt32BE(at + 1)
  }
}
