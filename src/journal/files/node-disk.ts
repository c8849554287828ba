import { type FileHandle, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type AppendFile, type Disk, DiskFailure, type PartedFile } from './disk.ts'
import { lockDirectory } from './lock.ts'

/** Only the daemon's account may read it, because it has names and usage. */
const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700

/** Codes of network and shared file systems that cannot sync a directory. */
const CANNOT = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'])

export const nodeDisk: Disk = {
  makeDirectory: path =>
    onDisk(async () => {
      // Directories above it may contain something that other accounts need, such as the database's.
      const above = await mkdir(dirname(path), { recursive: true })
      const made = await mkdir(path, { recursive: true, mode: DIRECTORY_MODE })
      const first = above ?? made
      if (first !== undefined) await syncDirectory(dirname(first))
    }),
  lock: directory => onDisk(() => lockDirectory(directory)),
  list: directory => onDisk(() => readdir(directory)),
  read: path => onDisk(() => readFile(path)),
  open: path => onDisk(async () => new NodePartedFile(await open(path, 'r'))),
  create: path => onDisk(async () => new NodeFile(await open(path, 'ax', FILE_MODE))),
  truncate: (path, bytes) =>
    onDisk(() =>
      withHandle(path, 'r+', async handle => {
        await handle.truncate(bytes)
        await handle.sync()
      }),
    ),
  remove: path => onDisk(() => unlink(path)),
  syncDirectory: path => onDisk(() => syncDirectory(path)),
}

class NodeFile implements AppendFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  write(bytes: Uint8Array): Promise<void> {
    return onDisk(async () => {
      // A disk that becomes full writes a part before it fails.
      for (let rest = bytes; rest.length > 0; ) {
        const { bytesWritten } = await this.#handle.write(rest)
        rest = rest.subarray(bytesWritten)
      }
    })
  }

  sync(): Promise<void> {
    return onDisk(() => this.#handle.datasync())
  }

  close(): Promise<void> {
    return onDisk(() => this.#handle.close())
  }
}

class NodePartedFile implements PartedFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  read(at: number, bytes: number): Promise<Buffer> {
    return onDisk(async () => {
      const { buffer, bytesRead } = await this.#handle.read(Buffer.allocUnsafe(bytes), 0, bytes, at)
      return buffer.subarray(0, bytesRead)
    })
  }

  close(): Promise<void> {
    return onDisk(() => this.#handle.close())
  }
}

async function syncDirectory(path: string): Promise<void> {
  try {
    await withHandle(path, 'r', handle => handle.sync())
  } catch (error) {
    if (!CANNOT.has(systemCodeOf(error) ?? '')) throw error
  }
}

async function withHandle(
  path: string,
  flags: string,
  use: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags)
  try {
    await use(handle)
  } finally {
    await handle.close()
  }
}

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const code = systemCodeOf(cause)
    if (!(cause instanceof Error) || code === undefined) throw cause
    throw new DiskFailure(cause.message, { code, cause })
  }
}

/** @returns `undefined` for an error that is not the system's, which is a bug */
function systemCodeOf(error: unknown): string | undefined {
  const isSystems = error instanceof Error && 'syscall' in error && 'code' in error
  return isSystems && typeof error.code === 'string' ? error.code : undefined
}
