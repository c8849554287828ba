import { join } from 'node:path'
import type { CheckpointRecord } from '../../recording/journal-port.ts'
import { Block, stepInBlocks } from '../../runtime/block.ts'
import type { Clock } from '../../runtime/clock.ts'
import { errorFields, type Logger } from '../../runtime/logger.ts'
import { WRITTEN_FORMAT } from '../format/format.ts'
import { headOf, type JournalRecord, type RecordHead } from '../record.ts'
import { Bound } from './bound.ts'
import { type Disk, DiskFailure } from './disk.ts'
import { SegmentFile } from './segment-file.ts'
import { segmentName } from './segment-name.ts'
import type { Segment, Segments } from './segments.ts'

export interface SegmentWriterOptions {
  readonly directory: string
  readonly maxBytes: number
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Logger
  readonly segments: Segments
  readonly pending: () => Iterable<CheckpointRecord>
}

const SEGMENT_BYTES = 16 * 1024 * 1024
/** A checkpoint is written in parts, so that other work gets its turn. */
const PART_BYTES = 1024 * 1024

/**
 * Writes records to the newest segment, and begins another one
 *
 *     when it is large           records continue in the next one, and none is missing between the two
 *     at the start, after        with a checkpoint of everything that waits for the database, because records are or may
 *     a failure, after a gap     be missing; after that, older segments are not needed
 *     near the bound             with a checkpoint as well, to free space
 */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions
  #active: SegmentFile | undefined
  #isRemovalReported = false
  readonly #bound: Bound

  constructor(options: SegmentWriterOptions) {
    this.#options = options
    this.#bound = new Bound(options)
  }

  /**
   * Resolves once all records are durable.
   * @throws DiskFailure; then none may be durable, and the next write begins a segment with a checkpoint
   */
  async write(records: readonly JournalRecord[]): Promise<void> {
    const { segments } = this.#options
    try {
      const active = await this.#readyFor(records)
      const block = new Block(this.#options.clock)
      // A decision with many sessions takes long, so it is added in blocks. Its router does nothing else meanwhile.
      for (const record of records) {
        const added = stepInBlocks(active.adding(record), block)
        if (added) await added
      }
      await active.write()
      await active.sync()
      for (const record of records) segments.note(active.segment, headOf(record))
    } catch (error) {
      await this.#active?.abandon()
      this.#active = undefined
      throw error
    }
  }

  /** Removes the segments that are not needed any more. One that cannot be removed is tried again the next time. */
  async drop(): Promise<void> {
    const { segments } = this.#options
    if (await this.#removeUnneeded()) this.#bound.noteFreed(segments.bytes)
    this.#bound.report(segments.bytes)
  }

  /** @returns whether there were any */
  async #removeUnneeded(): Promise<boolean> {
    const { segments } = this.#options
    const unneeded = segments.unneeded(this.#active?.segment)
    if (unneeded.length > 0) await this.#remove(unneeded)
    return unneeded.length > 0
  }

  async #remove(unneeded: readonly Segment[]): Promise<void> {
    const { segments, disk, directory, log } = this.#options
    try {
      for (const segment of unneeded) {
        await disk.remove(join(directory, segmentName(segment.number))).catch(ignoreAbsent)
        segments.remove(segment)
      }
      await disk.syncDirectory(directory)
      this.#isRemovalReported = false
    } catch (error) {
      if (!(error instanceof DiskFailure)) throw error
      // A disk that accepts no writes has been reported.
      if (!this.#active || this.#isRemovalReported) return
      this.#isRemovalReported = true
      log.warn(
        { directory, err: errorFields(error) },
        'old journal files cannot be removed; this is tried again',
      )
    }
  }

  async close(): Promise<void> {
    await this.#active?.close()
    this.#active = undefined
  }

  async #readyFor(records: readonly JournalRecord[]): Promise<SegmentFile> {
    const { segments } = this.#options
    const active = this.#active
    // If there is a gap, the missing records were not durable, and were adopted after the last checkpoint.
    if (!active || this.#bound.isReached(segments.bytes) || !segments.follow(records))
      return this.#begin(true)
    return active.segment.bytes < this.#limitOf(active) ? active : this.#begin(false)
  }

  async #begin(withCheckpoint: boolean): Promise<SegmentFile> {
    const { segments, disk, directory } = this.#options
    await this.close()
    const segment = segments.add(segments.lastNumber + 1, WRITTEN_FORMAT)
    const file = await SegmentFile.create(disk, join(directory, segmentName(segment.number)), segment)
    this.#active = file
    for (const record of segments.settled()) file.add(record)
    const heads = withCheckpoint ? await this.#writePending(file) : []
    await file.write()
    await file.sync()
    await disk.syncDirectory(directory)
    for (const head of heads) segments.note(segment, head)
    if (withCheckpoint) await this.#noteCheckpoint(file)
    return file
  }

  async #writePending(file: SegmentFile): Promise<readonly RecordHead[]> {
    const heads: RecordHead[] = []
    // Each record is encoded at once, because its contents change while this waits for the disk.
    for (const record of this.#options.pending()) {
      if (record.pending.length === 0) continue
      file.add(record)
      heads.push(headOf(record))
      if (file.waitingBytes >= PART_BYTES) await file.write()
    }
    return heads
  }

  async #noteCheckpoint(file: SegmentFile): Promise<void> {
    const { segments } = this.#options
    segments.checkpoint(file.segment)
    await this.#removeUnneeded()
    this.#bound.noteCheckpoint(file.segment.bytes, segments.bytes)
  }

  /** A segment that begins with many whole sessions is used longer, so that at least half of it is readings. */
  #limitOf(active: SegmentFile): number {
    const { maxBytes } = this.#options
    const { sessionBytes } = active
    const most = Math.max(maxBytes / 4, 2 * sessionBytes)
    return Math.max(Math.min(SEGMENT_BYTES, maxBytes / 8), Math.min(4 * sessionBytes, most))
  }
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof DiskFailure) || error.code !== 'ENOENT') throw error
}
