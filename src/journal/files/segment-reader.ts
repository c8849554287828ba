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

/** Another version wrote the journal. This one cannot read it, and must not lose it. */
export class JournalFromAnotherVersion extends Error {
  override readonly name = 'JournalFromAnotherVersion'

  constructor(path: string, version: number) {
    super(
      `${path} has format ${version}, which this release does not know: start the release that wrote it and stop it in order, so that the database has everything`,
    )
  }
}

/** A part of a segment that could not be read. */
export interface Damage {
  readonly segment: string
  readonly at: number
  readonly bytes: number
  /** `torn`: the last frames before a crash, which were never reported as durable. */
  readonly kind: 'torn' | 'broken'
}

export interface SegmentReaderOptions {
  readonly directory: string
  readonly disk: Disk
  readonly log: Logger
  readonly segments: Segments
}

/** The place of a record's payload on disk. */
interface Payload {
  readonly segment: Segment
  readonly path: string
  readonly at: number
  readonly bytes: number
}

/**
 * Reads what earlier processes left: first which router has records where, then the records of one router at a time,
 * because they take about fifty times as much space in memory as on disk.
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

  /** The routers with records. */
  get routers(): readonly RouterKey[] {
    return [...this.#payloads.keys()]
  }

  /**
   * Scans all segments, with one at a time in memory.
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
      // A segment that was deleted since then had nothing that was still needed.
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

  /** Forgets where a router's records are. */
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
      this.#report(path, at, at + bytes, 'broken', error.message)
      return undefined
    }
  }

  async #noteEnd(path: string, end: SegmentEnd, length: number, isLast: boolean): Promise<void> {
    switch (end.kind) {
      case 'whole':
        break
      case 'torn':
        this.#report(path, end.at, length, isLast || end.at === 0 ? 'torn' : 'broken', 'ends within a frame')
        // Once other segments follow, a torn end would count as damage.
        if (isLast) await this.#cutOff(path, end.at)
        break
      case 'broken':
        this.#report(path, end.at, length, 'broken', end.reason)
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
      log.debug({ path, err: errorFields(error) }, 'the torn end could not be cut off')
    }
  }

  #report(path: string, at: number, length: number, kind: Damage['kind'], reason: string): void {
    const { log } = this.#options
    const bytes = length - at
    this.#damage.push({ segment: path, at, bytes, kind })
    const fields = { path, at, bytes, reason }
    if (kind === 'torn') log.warn(fields, 'the journal ends in what a crash left, which is cut off')
    else log.error(fields, 'the journal is damaged; the rest of this file is skipped')
  }
}
