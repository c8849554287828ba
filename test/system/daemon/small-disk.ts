import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const FILLER = 'filler'
const CHUNK = Buffer.alloc(4096)

/** A file system of 1 MB in memory, mounted on a separate folder. Takes root, and a kernel that allows it. */
export class SmallDisk {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Mounts it. @returns the reason if it cannot be mounted */
  static async mount(): Promise<SmallDisk | string> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-disk-'))
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tikmeter-test', folder])
      return new SmallDisk(folder)
    } catch (error) {
      await rmdir(folder)
      return `no file system can be mounted here: ${error instanceof Error ? error.message : error}`
    }
  }

  /** Fills it to the last byte. */
  async fill(): Promise<void> {
    const file = await open(join(this.folder, FILLER), 'a')
    try {
      for (;;) await file.write(CHUNK)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    } finally {
      await file.close()
    }
  }

  async free(): Promise<void> {
    await rm(join(this.folder, FILLER))
  }

  async unmount(): Promise<void> {
    await run('umount', [this.folder])
    await rmdir(this.folder)
  }
}
