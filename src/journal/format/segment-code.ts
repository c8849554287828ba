import { crc32 } from 'node:zlib'
import { inOneGo, type Steps } from '../../accounting/steps.ts'
import type { JournalRecord, RecordHead } from '../record.ts'
import { MalformedRecord } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { type Format, formatOf, WRITTEN_FORMAT } from './format.ts'
import { HeadReader, RecordWriter } from './record-code.ts'

/*
 *     segment = "tikjrnl" format:byte crc32:uint32 frame*      checksum of the eight bytes before it
 *     frame   = length:uint32 crc32:uint32 payload             length and checksum of the payload: a record, never empty,
 *                                                              so that zeros after a power cut are not a frame
 *     uint32  = four bytes, the low one first
 */
const MAGIC = Buffer.from('tikjrnl')
const HEADER_BYTES = MAGIC.length + 1 + 4
const FRAME_HEAD_BYTES = 8

/** Encodes records as frames of one segment. Append what `take` returns to the segment, in order and completely. */
export class SegmentEncoder {
  readonly #out = new ByteWriter()
  readonly #records = new RecordWriter()

  constructor() {
    this.#out.raw(MAGIC)
    this.#out.byte(WRITTEN_FORMAT)
    const head = crc32(this.#out.view())
    this.#out.skip(4)
    this.#out.putUint32(HEADER_BYTES - 4, head)
  }

  /** Number of bytes that wait to be taken. */
  get length(): number {
    return this.#out.length
  }

  /** Bytes of sessions that were written whole, so far. */
  get sessionBytes(): number {
    return this.#records.sessionBytes
  }

  add(record: JournalRecord): void {
    inOneGo(this.adding(record))
  }

  /** Adds a record in steps. Until it is done, nothing else may be added or taken. */
  *adding(record: JournalRecord): Steps<void> {
    const start = this.#out.length
    this.#out.skip(FRAME_HEAD_BYTES)
    yield* this.#records.write(this.#out, record)
    const payload = this.#out.view(start + FRAME_HEAD_BYTES)
    this.#out.putUint32(start, payload.length)
    this.#out.putUint32(start + 4, crc32(payload))
  }

  /** Takes everything that was added since the last time. Valid until more is added. */
  take(): Buffer {
    const taken = this.#out.view()
    this.#out.clear()
    return taken
  }
}

/**
 * How a segment ends:
 *
 *     whole    after its last frame
 *     torn     in a frame that did not get to the disk as a whole, or in what was there before: after a crash
 *     broken   in a frame that is wrong although others follow, or that no journal of its format has
 *     newer    at its head: its format is unknown to this release
 */
export type SegmentEnd =
  | { readonly kind: 'whole' }
  | { readonly kind: 'torn'; readonly at: number }
  | { readonly kind: 'broken'; readonly at: number; readonly reason: string }
  | { readonly kind: 'newer'; readonly version: number }

/** A whole frame, with the head of its record. */
export interface Frame {
  readonly head: RecordHead
  /** Offset of its payload in the segment. */
  readonly at: number
  readonly payload: Buffer
}

/** Finds the frames of a segment, as far as it can be read. */
export class SegmentScanner {
  readonly #bytes: Buffer
  readonly #heads = new HeadReader()
  #at = HEADER_BYTES
  #format: Format = WRITTEN_FORMAT
  #end: SegmentEnd | undefined

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    const head = headOf(bytes)
    if (head.kind === 'known') this.#format = head.format
    else this.#end = head
  }

  /** The format of its records. */
  get format(): Format {
    return this.#format
  }

  /** How the segment ends. Known once `next` has returned `undefined`. */
  get end(): SegmentEnd | undefined {
    return this.#end
  }

  next(): Frame | undefined {
    if (this.#end) return undefined
    const payload = frameAt(this.#bytes, this.#at)
    if (!payload) {
      this.#end = endAt(this.#bytes, this.#at)
      return undefined
    }
    try {
      const head = this.#heads.read(payload)
      const at = this.#at + FRAME_HEAD_BYTES
      this.#at = at + payload.length
      return { head, at, payload }
    } catch (error) {
      if (!(error instanceof MalformedRecord)) throw error
      this.#end = { kind: 'broken', at: this.#at, reason: error.message }
      return undefined
    }
  }
}

function headOf(bytes: Buffer): SegmentEnd | { readonly kind: 'known'; readonly format: Format } {
  if (bytes.length < HEADER_BYTES || bytes.every(byte => byte === 0)) return { kind: 'torn', at: 0 }
  const version = bytes.readUInt8(MAGIC.length)
  const isOurs = bytes.subarray(0, MAGIC.length).equals(MAGIC)
  if (!isOurs || crc32(bytes.subarray(0, HEADER_BYTES - 4)) !== bytes.readUInt32LE(HEADER_BYTES - 4))
    return { kind: 'broken', at: 0, reason: 'header' }
  const format = formatOf(version)
  return format === undefined ? { kind: 'newer', version } : { kind: 'known', format }
}

/** @returns how the segment ends at an offset without a whole frame */
function endAt(bytes: Buffer, at: number): SegmentEnd {
  if (at === bytes.length) return { kind: 'whole' }
  // A wrong frame before a right one was once whole.
  const isFollowed =
    at + FRAME_HEAD_BYTES < bytes.length &&
    frameAt(bytes, at + FRAME_HEAD_BYTES + bytes.readUInt32LE(at)) !== undefined
  return isFollowed ? { kind: 'broken', at, reason: 'checksum' } : { kind: 'torn', at }
}

/** @returns the payload of the frame at an offset; `undefined` if there is no whole frame */
function frameAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + FRAME_HEAD_BYTES >= bytes.length) return undefined
  const start = at + FRAME_HEAD_BYTES
  const length = bytes.readUInt32LE(at)
  if (length === 0 || length > bytes.length - start) return undefined
  const payload = bytes.subarray(start, start + length)
  return crc32(payload) === bytes.readUInt32LE(at + 4) ? payload : undefined
}
