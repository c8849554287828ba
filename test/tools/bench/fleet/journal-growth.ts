import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes that were appended to a folder's files, those that were dropped again too: looked at often, nothing is missed but a file's last moments. */
export class JournalGrowth {
  readonly #folder: string
  #sizes: ReadonlyMap<string, number> = new Map()
  #bytes = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Since the first look. */
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

  /** Counts from here on. */
  async begin(): Promise<void> {
    await this.look()
    this.#bytes = 0
  }
}
