import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Counts bytes appended to the files of folders, including files that were removed again, except for their last ones. */
export class JournalGrowth {
  readonly #folders: readonly string[]
  #sizes: ReadonlyMap<string, number> = new Map()
  #bytes = 0

  constructor(folders: readonly string[]) {
    this.#folders = folders
  }

  /** Bytes since the first look. */
  get bytes(): number {
    return this.#bytes
  }

  async look(): Promise<void> {
    const sizes = new Map<string, number>()
    for (const folder of this.#folders)
      for (const name of await readdir(folder)) {
        const file = join(folder, name)
        const size = await stat(file).then(
          it => it.size,
          () => 0,
        )
        sizes.set(file, size)
        this.#bytes += Math.max(0, size - (this.#sizes.get(file) ?? 0))
      }
    this.#sizes = sizes
  }

  /** Starts counting. */
  async begin(): Promise<void> {
    await this.look()
    this.#bytes = 0
  }
}
