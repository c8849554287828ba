import type { Steps } from '../../accounting/steps.ts'
import { SegmentEncoder } from '../format/segment-code.ts'
import type { JournalRecord } from '../record.ts'
import type { AppendFile, Disk } from './disk.ts'
import type { Segment } from './segments.ts'

/** The segment that is being written. After a failure it is only to be abandoned: what got to the disk is not known. */
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

  /** @throws DiskFailure, as all of it does */
  static async create(disk: Disk, path: string, segment: Segment): Promise<SegmentFile> {
    return new SegmentFile(disk, path, await disk.create(path), segment)
  }

  /** Bytes that were added and not yet written. */
  get waitingBytes(): number {
    return this.#encoder.length
  }

  /** Bytes that went into sessions told whole. */
  get sessionBytes(): number {
    return this.#encoder.sessionBytes
  }

  add(record: JournalRecord): void {
    this.#encoder.add(record)
  }

  /** Adds a record in steps. Until it is done, the file may be nothing but abandoned. */
  adding(record: JournalRecord): Steps<void> {
    return this.#encoder.adding(record)
  }

  async write(): Promise<void> {
    const bytes = this.#encoder.take()
    this.segment.bytes += bytes.length
    await this.#file.write(bytes)
  }

  /** Makes durable what was written. */
  async sync(): Promise<void> {
    await this.#file.sync()
    this.#durableBytes = this.segment.bytes
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** Leaves it as it was when it last was durable: what came after was reported as not written. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(ignore)
    await this.#disk.truncate(this.#path, this.#durableBytes).then(() => {
      this.segment.bytes = this.#durableBytes
    }, ignore)
  }
}

/** The failure that led here has been told, and a torn end is expected of a crash as well. */
function ignore(): void {}
