import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from '../../../src/postgres/program.ts'

const SIZE_MB = 16
const BALLAST = 'ballast'

/** A journal's directory on a small separate disk, which can be filled up. Needs root and Linux. */
export class JournalDisk {
  readonly #folder: string
  #isMounted = false

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Whether it can be filled: if it could not be mounted, it is an ordinary directory. */
  get isSmall(): boolean {
    return this.#isMounted
  }

  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const args = ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m,mode=700`, 'tikmeter-chaos', this.#folder]
    const { exitCode } = await runProgram('mount', args, undefined)
    this.#isMounted = exitCode === 0
  }

  async stop(): Promise<void> {
    if (!this.#isMounted) return
    const { exitCode } = await runProgram('umount', [this.#folder], undefined)
    this.#isMounted = exitCode !== 0
  }

  async fillFor(forMs: number): Promise<void> {
    const ballast = join(this.#folder, BALLAST)
    try {
      await fill(ballast)
      await sleep(forMs)
    } finally {
      await rm(ballast, { force: true })
    }
  }
}

/** Fills a disk to the last byte: when a larger piece no longer fits, with smaller ones. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'a')
  try {
    for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 16)) {
      const piece = Buffer.alloc(size)
      let isRoom = true
      while (isRoom)
        isRoom = await file.write(piece).then(
          ({ bytesWritten }) => bytesWritten > 0,
          () => false,
        )
    }
  } finally {
    await file.close()
  }
}
