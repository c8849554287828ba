import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Counts bytes appended to a folder's files, including files that were removed again, except for their last ones. */
export class JournalGrowth {
  readonly #folder: string
  #sizes: ReadonlyMap<string, number> = new Map()
  #bytes = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Bytes since the first look. */
  get bytes(): number {
    return this.#bytes
  }

  async look(): Promise<void> {
    const sizes = new Map<string, number>()
    for (const name of await readdir(this.#folder)) {
      const size = await stat(join(this.#folder, name)).then(
        it => it.size,
        () => 0,
      )
      sizes.set(name, size)
      this.#bytes += Math.max(0, size - (this.#sizes.get(name) ?? 0))
    }
    this.#sizes = sizes
  }

  /** Starts counting. */
  async begin(): Promise<void> {
    await this.look()
    this.#bytes = 0
  }
}
