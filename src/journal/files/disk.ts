import { RAISE_DESCRIPTORS } from '../../runtime/descriptors.ts'

/** The disk would not do it: full, read-only, broken, gone. */
export class DiskFailure extends Error {
  override readonly name = 'DiskFailure'
  /** Somebody may make room, or mount it again. */
  readonly retryable = true
  /** The system's: `ENOSPC`. */
  readonly code: string

  constructor(message: string, options: { code: string; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.code = options.code
  }

  /** What to do about it. */
  get advice(): string {
    switch (this.code) {
      case 'ENOSPC':
      case 'EDQUOT':
        return 'make room on its disk'
      case 'EROFS':
        return 'its disk is mounted read-only: look why, and mount it writable'
      case 'EACCES':
      case 'EPERM':
        return 'let the daemon’s user write there'
      case 'ENOTDIR':
      case 'EEXIST':
        return 'a file is in its way: move it'
      case 'EMFILE':
      case 'ENFILE':
        return `its disk is well, but ${RAISE_DESCRIPTORS}`
      default:
        return 'look after its disk'
    }
  }
}

/** The failure of a directory that the journal can't be kept in, with what to do. */
export function unusableIn(directory: string, cause: DiskFailure): DiskFailure {
  const { code, message, advice } = cause
  return new DiskFailure(
    `the journal can not be kept in ${directory}: ${message}: ${advice}, or set journal.directory`,
    { code, cause },
  )
}

/** What the journal needs of a disk. Everything rejects with a DiskFailure. */
export interface Disk {
  /** Makes the directory where it isn't there, for us alone, with those above it. */
  makeDirectory(path: string): Promise<void>
  /**
   * Takes a directory for this process, until what it returns is called.
   * @throws JournalInUse
   */
  lock(directory: string): Promise<() => Promise<void>>
  /** The names in a directory. */
  list(directory: string): Promise<readonly string[]>
  /** A whole file. */
  read(path: string): Promise<Buffer>
  /** Opens a file to read parts of it. */
  open(path: string): Promise<PartedFile>
  /** Makes a file that isn't there yet, for us alone. Its name is durable after `syncDirectory`. */
  create(path: string): Promise<AppendFile>
  /** Cuts a file off, durably. */
  truncate(path: string, bytes: number): Promise<void>
  remove(path: string): Promise<void>
  /** Makes names that came and went durable. */
  syncDirectory(path: string): Promise<void>
}

export interface PartedFile {
  /** Fewer bytes than asked for where the file ends. */
  read(at: number, bytes: number): Promise<Buffer>
  close(): Promise<void>
}

export interface AppendFile {
  /** Appends all of the bytes; where it rejects, some of them may have been written. */
  write(bytes: Uint8Array): Promise<void>
  /** Resolves once all that was written is durable. What a failed one leaves behind is not known. */
  sync(): Promise<void>
  close(): Promise<void>
}
