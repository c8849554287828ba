import type { Steps } from '../../accounting/steps.ts'
import { SegmentEncoder } from '../format/segment-code.ts'
import type { JournalRecord } from '../record.ts'
import type { AppendFile, Disk } from './disk.ts'
import type { Segment } from './segments.ts'

/** The segment that is being written. After a failure, only call `abandon`: what got to the disk is unknown. */
export class SegmentFile {
  readonly segment: Segment
  readonly #disk: Disk
  readonly #path: string
  readonly #file: AppendFile
  readonly #encoder = new SegmentEncoder()
  #durableBytes = 0

  private constructor(disk: Disk, path: string, file: AppendFile, segment: Segment) {
    this.#disk = disk
    this.#path = path
    this.#file = file
    this.segment = segment
  }

  /** Creates the file. All methods throw DiskFailure. */
  static async create(disk: Disk, path: string, segment: Segment): Promise<SegmentFile> {
    return new SegmentFile(disk, path, await disk.create(path), segment)
  }

  /** Number of bytes that were added but not written. */
  get waitingBytes(): number {
    return this.#encoder.length
  }

  /** Bytes of sessions that were written whole. */
  get sessionBytes(): number {
    return this.#encoder.sessionBytes
  }

  add(record: JournalRecord): void {
    this.#encoder.add(record)
  }

  /** Adds a record in steps. Until it is done, the file may only be abandoned. */
  adding(record: JournalRecord): Steps<void> {
    return this.#encoder.adding(record)
  }

  async write(): Promise<void> {
    const bytes = this.#encoder.take()
    this.segment.bytes += bytes.length
    await this.#file.write(bytes)
  }

  /** Makes everything that was written durable. */
  async sync(): Promise<void> {
    await this.#file.sync()
    this.#durableBytes = this.segment.bytes
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** Shortens the file to what was durable last. What came after was reported as not durable. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(ignore)
    await this.#disk.truncate(this.#path, this.#durableBytes).then(() => {
      this.segment.bytes = this.#durableBytes
    }, ignore)
  }
}

/** The failure that led here was reported, and a reader expects a torn end anyway. */
function ignore(): void {}
