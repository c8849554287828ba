import { type AppendFile, type Disk, DiskFailure, type PartedFile } from '../../../src/journal/files/disk.ts'
import { JournalInUse } from '../../../src/journal/files/lock.ts'
import type { Random } from '../random.ts'

interface MemoryFile {
  bytes: Buffer
  durableBytes: number
  /** Whether its name outlives a crash. */
  isNamed: boolean
  isRemoved: boolean
}

/** A disk that can be full, read-only or broken. After a crash it has what it promised, and little more. */
export class MemoryDisk implements Disk {
  readonly #files = new Map<string, MemoryFile>()
  #isLocked = false
  capacityBytes = Number.POSITIVE_INFINITY
  /** The system's error for every change. */
  fault: string | undefined
  /** The number of changes after which it breaks. */
  failAfter = Number.POSITIVE_INFINITY
  syncs = 0
  /** The largest number of bytes that it ever had. */
  mostBytes = 0

  async makeDirectory(): Promise<void> {}

  async lock(directory: string): Promise<() => Promise<void>> {
    if (this.#isLocked) throw new JournalInUse(directory, process.pid)
    this.#isLocked = true
    return async () => {
      this.#isLocked = false
    }
  }

  async list(directory: string): Promise<readonly string[]> {
    return this.paths.map(path => path.slice(directory.length + 1))
  }

  async read(path: string): Promise<Buffer> {
    return Buffer.from(this.#file(path).bytes)
  }

  async open(path: string): Promise<PartedFile> {
    const bytes = await this.read(path)
    return {
      read: async (at, length) => bytes.subarray(at, at + length),
      close: async () => {},
    }
  }

  async create(path: string): Promise<AppendFile> {
    this.#check()
    if (this.#files.get(path)?.isRemoved === false)
      throw new DiskFailure(`${path} is there`, { code: 'EEXIST' })
    const file = { bytes: Buffer.alloc(0), durableBytes: 0, isNamed: false, isRemoved: false }
    this.#files.set(path, file)
    return {
      write: async bytes => {
        this.#check()
        const room = Math.max(0, this.capacityBytes - this.bytes)
        file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, room)])
        this.mostBytes = Math.max(this.mostBytes, this.bytes)
        if (bytes.length > room) throw new DiskFailure('no space left on device', { code: 'ENOSPC' })
      },
      sync: async () => {
        this.#check()
        this.syncs++
        file.durableBytes = file.bytes.length
      },
      close: async () => {},
    }
  }

  async truncate(path: string, bytes: number): Promise<void> {
    this.#check()
    const file = this.#file(path)
    file.bytes = file.bytes.subarray(0, bytes)
    file.durableBytes = file.bytes.length
  }

  async remove(path: string): Promise<void> {
    this.#check()
    this.#file(path).isRemoved = true
  }

  async syncDirectory(): Promise<void> {
    this.#check()
    for (const [path, file] of this.#files) {
      file.isNamed = true
      if (file.isRemoved) this.#files.delete(path)
    }
  }

  get paths(): readonly string[] {
    return [...this.#files].filter(([, file]) => !file.isRemoved).map(([path]) => path)
  }

  get bytes(): number {
    return this.paths.reduce((sum, path) => sum + this.#file(path).bytes.length, 0)
  }

  contents(path: string): Buffer {
    return this.#file(path).bytes
  }

  put(path: string, bytes: Buffer): void {
    this.#files.set(path, { bytes, durableBytes: bytes.length, isNamed: true, isRemoved: false })
  }

  /** The disk after a power cut: with what is durable, and with a random part of the rest. */
  crash(random: Random): MemoryDisk {
    const after = new MemoryDisk()
    for (const [path, file] of this.#files) {
      if (!file.isNamed && random.chance(0.5)) continue
      if (file.isRemoved && random.chance(0.5)) continue
      const loose = file.bytes.length - file.durableBytes
      const kept = Buffer.from(file.bytes.subarray(0, file.durableBytes + random.below(loose + 1)))
      if (random.chance(0.3)) kept.fill(0, Math.min(kept.length, file.durableBytes))
      after.put(path, kept)
    }
    return after
  }

  #file(path: string): MemoryFile {
    const file = this.#files.get(path)
    if (!file || file.isRemoved) throw new DiskFailure(`no ${path}`, { code: 'ENOENT' })
    return file
  }

  #check(): void {
    if (--this.failAfter < 0) this.fault ??= 'EIO'
    if (this.fault !== undefined) throw new DiskFailure(`the disk says ${this.fault}`, { code: this.fault })
  }
}
