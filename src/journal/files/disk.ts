import { RAISE_DESCRIPTORS } from '../../runtime/descriptors.ts'

/** The disk refused: it is full, read-only, broken or gone. */
export class DiskFailure extends Error {
  override readonly name = 'DiskFailure'
  /** Somebody may make room, or mount it again. */
  readonly retryable = true
  /** The system's code, such as `ENOSPC`. */
  readonly code: string

  constructor(message: string, options: { code: string; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.code = options.code
  }

  /** What the operator should do. */
  get advice(): string {
    switch (this.code) {
      case 'ENOSPC':
      case 'EDQUOT':
        return 'make room on its disk'
      case 'EROFS':
        return 'its disk is mounted read-only: find out why, and mount it writable'
      case 'EACCES':
      case 'EPERM':
        return 'let the daemon’s user write there'
      case 'ENOTDIR':
      case 'EEXIST':
        return 'a file is in the way: move it'
      case 'EMFILE':
      case 'ENFILE':
        return `its disk is fine, but ${RAISE_DESCRIPTORS}`
      default:
        return 'check its disk'
    }
  }
}

/** The failure of a directory in which the journal cannot be kept, with what to do. */
export function unusableIn(directory: string, cause: DiskFailure): DiskFailure {
  const { code, message, advice } = cause
  return new DiskFailure(
    `the journal cannot be kept in ${directory}: ${message}: ${advice}, or set journal.directory`,
    { code, cause },
  )
}

/** What the journal needs from a disk. All methods reject with a DiskFailure. */
export interface Disk {
  /** Creates a directory that only we can enter, and those above it, if it is missing. */
  makeDirectory(path: string): Promise<void>
  /**
   * Locks a directory for this process, until the returned function is called.
   * @throws JournalInUse
   */
  lock(directory: string): Promise<() => Promise<void>>
  /** The names in a directory. */
  list(directory: string): Promise<readonly string[]>
  /** A whole file. */
  read(path: string): Promise<Buffer>
  /** Opens a file to read parts of it. */
  open(path: string): Promise<PartedFile>
  /** Creates a file that only we can read. It must not exist. Its name is durable after `syncDirectory`. */
  create(path: string): Promise<AppendFile>
  /** Shortens a file, durably. */
  truncate(path: string, bytes: number): Promise<void>
  remove(path: string): Promise<void>
  /** Makes created and removed names durable. */
  syncDirectory(path: string): Promise<void>
}

export interface PartedFile {
  /** Returns fewer bytes than requested if the file ends. */
  read(at: number, bytes: number): Promise<Buffer>
  close(): Promise<void>
}

export interface AppendFile {
  /** Appends all of the bytes. If it rejects, some of them may have been written. */
  write(bytes: Uint8Array): Promise<void>
  /** Resolves once everything that was written is durable. If it rejects, the state of the file is unknown. */
  sync(): Promise<void>
  close(): Promise<void>
}
