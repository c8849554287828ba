import type { AppendFile, Disk } from '../../../../src/journal/files/disk.ts'
import { nodeDisk } from '../../../../src/journal/files/node-disk.ts'

/** The real disk, recording what is written: the size of each piece, up to each sync. */
export class RecordingDisk {
  #pieces: number[] = []
  #synced: (readonly number[])[] = []

  get disk(): Disk {
    return { ...nodeDisk, create: async path => this.#recorded(await nodeDisk.create(path)) }
  }

  /** Everything since the last call. */
  take(): readonly (readonly number[])[] {
    const synced = this.#synced
    this.#synced = []
    return synced
  }

  #recorded(file: AppendFile): AppendFile {
    return {
      write: bytes => {
        this.#pieces.push(bytes.length)
        return file.write(bytes)
      },
      sync: () => {
        this.#synced.push(this.#pieces)
        this.#pieces = []
        return file.sync()
      },
      close: () => file.close(),
    }
  }
}
