import { join } from 'node:path'
import type { RouterKey } from '../../accounting/ids.ts'
import { errorFields, type Logger } from '../../runtime/logger.ts'
import { MalformedRecord } from '../format/byte-reader.ts'
import { RecordReader } from '../format/record-code.ts'
import { type SegmentEnd, SegmentScanner } from '../format/segment-code.ts'
import type { JournalRecord } from '../record.ts'
import { type Disk, DiskFailure } from './disk.ts'
import { segmentName, segmentNumbers } from './segment-name.ts'
import type { Segment, Segments } from './segments.ts'

/** Another version wrote the journal, and this one must not lose what it can't read. */
export class JournalFromAnotherVersion extends Error {
  override readonly name = 'JournalFromAnotherVersion'

  constructor(path: string, version: number) {
    super(
      `${path} is in version ${version} of the format, which this release does not know: run the one that wrote it until it stops in order, by when the database has all of it`,
    )
  }
}

/** A part of a segment that could not be read. */
export interface Damage {
  readonly segment: string
  readonly at: number
  readonly bytes: number
  /** `torn`: the last frames before a crash, of which nobody was told that they were durable. */
  readonly kind: 'torn' | 'broken'
}

export interface SegmentReaderOptions {
  readonly directory: string
  readonly disk: Disk
  readonly log: Logger
  readonly segments: Segments
}

/** Where a record's payload is. */
interface Payload {
  readonly segment: Segment
  readonly path: string
  readonly at: number
  readonly bytes: number
}

/**
 * Reads what earlier processes left: first whose records are where, then those of one router at a time, since in
 * memory they are some fifty times as large as on the disk.
 */
export class SegmentReader {
  readonly #options: SegmentReaderOptions
  readonly #damage: Damage[] = []
  readonly #payloads = new Map<RouterKey, Payload[]>()

  constructor(options: SegmentReaderOptions) {
    this.#options = options
  }

  get damage(): readonly Damage[] {
    return this.#damage
  }

  /** Those of which there are records. */
  get routers(): readonly RouterKey[] {
    return [...this.#payloads.keys()]
  }

  /**
   * Looks through all segments, with one at a time in memory.
   * @throws DiskFailure, JournalFromAnotherVersion
   */
  async load(): Promise<void> {
    const { directory, disk, segments } = this.#options
    const numbers = segmentNumbers(await disk.list(directory))
    for (const number of numbers) {
      const path = join(directory, segmentName(number))
      const bytes = await disk.read(path)
      const scanner = new SegmentScanner(bytes)
      const segment = segments.add(number, scanner.format)
      segment.bytes = bytes.length
      for (let frame = scanner.next(); frame; frame = scanner.next()) {
        segments.note(segment, frame.head)
        this.#note(frame.head.router, { segment, path, at: frame.at, bytes: frame.payload.length })
      }
      if (scanner.end) await this.#noteEnd(path, scanner.end, bytes.length, number === numbers.at(-1))
    }
  }

  /**
   * A router's records, in order.
   * @throws DiskFailure
   */
  async *recordsOf(router: RouterKey): AsyncGenerator<JournalRecord, void> {
    const { disk, segments } = this.#options
    const bySegment = new Map<Segment, Payload[]>()
    for (const payload of this.#payloads.get(router) ?? []) {
      const others = bySegment.get(payload.segment)
      if (others) others.push(payload)
      else bySegment.set(payload.segment, [payload])
    }
    for (const [segment, payloads] of bySegment) {
      const [first] = payloads
      // One that was removed since had nothing that was still needed.
      if (!first || !segments.has(segment)) continue
      const file = await disk.open(first.path)
      try {
        const reader = new RecordReader(router, segment.format)
        for (const payload of payloads) {
          const record = this.#decode(reader, payload, await file.read(payload.at, payload.bytes))
          if (!record) break
          yield record
        }
      } finally {
        await file.close()
      }
    }
  }

  /** A router's records are not asked for again. */
  forget(router: RouterKey): void {
    this.#payloads.delete(router)
  }

  #note(router: RouterKey, payload: Payload): void {
    const payloads = this.#payloads.get(router)
    if (payloads) payloads.push(payload)
    else this.#payloads.set(router, [payload])
  }

  #decode(reader: RecordReader, { path, at, bytes }: Payload, read: Buffer): JournalRecord | undefined {
    try {
      return reader.read(read)
    } catch (error) {
      if (!(error instanceof MalformedRecord)) throw error
      this.#tell(path, at, at + bytes, 'broken', error.message)
      return undefined
    }
  }

  async #noteEnd(path: string, end: SegmentEnd, length: number, isLast: boolean): Promise<void> {
    switch (end.kind) {
      case 'whole':
        break
      case 'torn':
        this.#tell(
          path,
          end.at,
          length,
          isLast || end.at === 0 ? 'torn' : 'broken',
          'ends in a part of a frame',
        )
        // Once others come after it, a torn end would be damage.
        if (isLast) await this.#cutOff(path, end.at)
        break
      case 'broken':
        this.#tell(path, end.at, length, 'broken', end.reason)
        break
      case 'newer':
        throw new JournalFromAnotherVersion(path, end.version)
      default:
        end satisfies never
    }
  }

  async #cutOff(path: string, at: number): Promise<void> {
    const { disk, log } = this.#options
    try {
      await disk.truncate(path, at)
    } catch (error) {
      if (!(error instanceof DiskFailure)) throw error
      log.debug({ path, err: errorFields(error) }, 'could not be cut off')
    }
  }

  #tell(path: string, at: number, length: number, kind: Damage['kind'], reason: string): void {
    const { log } = this.#options
    const bytes = length - at
    this.#damage.push({ segment: path, at, bytes, kind })
    const fields = { path, at, bytes, reason }
    if (kind === 'torn') log.warn(fields, 'the journal ends in what a crash left; cut off')
    else log.error(fields, 'the journal is damaged; the rest of this file is passed over')
  }
}
