/*
 * A message may be larger than the bus allows, so it travels in numbered pieces. A piece is a line of text and bytes:
 *
 *     T1 <daemon> <run> <number> <index> <count>\n  a part of the message
 *
 *     daemon   its id
 *     run      of its process; a later process has a greater one
 *     number   of the message among those of the process on this subject; it grows
 */

/** Identifies a message. */
export interface MessageHead {
  /** The sender's id. */
  readonly daemon: string
  /** Greater for a later process of the sender. */
  readonly run: number
  /** Grows with each message of the process on its subject. */
  readonly number: number
}

export interface WholeMessage extends MessageHead {
  readonly body: Buffer
}

const HEAD = /^T1 ([\w-]{1,64}) (\d{1,15}) (\d{1,15}) (\d{1,7}) (\d{1,7})$/
/** Longer than any head. */
const HEAD_BYTES = 160
const NEWLINE = 0x0a

/** Cuts a message into pieces of at most `mostBytes`. */
export function* piecesOf(
  { daemon, run, number }: MessageHead,
  body: Uint8Array,
  mostBytes: number,
): Iterable<Buffer> {
  const room = mostBytes - HEAD_BYTES
  const count = Math.max(1, Math.ceil(body.length / room))
  for (let index = 0; index < count; index++) {
    const head = Buffer.from(`T1 ${daemon} ${run} ${number} ${index} ${count}\n`, 'latin1')
    yield Buffer.concat([head, body.subarray(index * room, (index + 1) * room)])
  }
}

interface Unfinished extends MessageHead {
  readonly count: number
  readonly parts: Buffer[]
  bytes: number
}

/**
 * Puts the pieces of one subject together. They come in order; if one is missing, the message is dropped. What a sender
 * can make us hold is limited by `mostBytes`, and the number of senders by `mostSenders`.
 */
export class Assembly {
  readonly #mostBytes: number
  readonly #mostSenders: number
  readonly #unfinished = new Map<string, Unfinished>()

  constructor(limits: { readonly mostBytes: number; readonly mostSenders: number }) {
    this.#mostBytes = limits.mostBytes
    this.#mostSenders = limits.mostSenders
  }

  /** @returns the message if this was its last piece; `undefined` if it is unfinished, or not a piece of one */
  take(piece: Uint8Array): WholeMessage | undefined {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    const end = bytes.subarray(0, HEAD_BYTES).indexOf(NEWLINE)
    const words = end < 0 ? null : HEAD.exec(bytes.toString('latin1', 0, end))
    if (!words) return undefined
    const [, daemon = '', ...numbers] = words
    const [run = 0, number = 0, index = 0, count = 0] = numbers.map(Number)
    if (index >= count) return undefined
    const part = bytes.subarray(end + 1)
    if (count === 1 && index === 0) return { daemon, run, number, body: part }
    return this.#add({ daemon, run, number }, index, count, part)
  }

  #add(head: MessageHead, index: number, count: number, part: Buffer): WholeMessage | undefined {
    const { daemon, run, number } = head
    if (index === 0) {
      if (!this.#unfinished.has(daemon) && this.#unfinished.size >= this.#mostSenders) return undefined
      this.#unfinished.set(daemon, { ...head, count, parts: [], bytes: 0 })
    }
    const message = this.#unfinished.get(daemon)
    if (!message) return undefined
    const isNext =
      message.run === run &&
      message.number === number &&
      message.count === count &&
      message.parts.length === index &&
      message.bytes + part.length <= this.#mostBytes
    if (!isNext) {
      this.#unfinished.delete(daemon)
      return undefined
    }
    // A copy, because a small piece may be a view of a large buffer.
    message.parts.push(Buffer.from(part))
    message.bytes += part.length
    if (message.parts.length < count) return undefined
    this.#unfinished.delete(daemon)
    return { ...head, body: Buffer.concat(message.parts, message.bytes) }
  }
}
