import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The ways in which a config file is replaced:
 *
 *     in place   it is truncated and written piece by piece, with a pause in between
 *     renamed    a new file is renamed over it, as editors do
 *     swapped    it is a link into `..data`, which is itself a link that is renamed, as Kubernetes does for a ConfigMap
 */
export const WAYS = ['in place', 'renamed', 'swapped'] as const
export type Way = (typeof WAYS)[number]

const PIECES = 5

/** A config file in a separate folder, written in all of these ways. */
export class ConfigOnDisk {
  readonly #folder: string
  #mounted: string | undefined
  #versions = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  get file(): string {
    return join(this.#folder, 'tikmeter.yaml')
  }

  /** @param pauseMs between two pieces of a file that is written in place */
  async write(text: string, way: Way, pauseMs: number): Promise<void> {
    switch (way) {
      case 'in place':
        return this.#writeInPlace(text, pauseMs)
      case 'renamed':
        await writeFile(`${this.file}.new`, text)
        return rename(`${this.file}.new`, this.file)
      case 'swapped':
        return this.#swap(text)
      default:
        return way satisfies never
    }
  }

  /** Cuts the text between routers, so that the part written so far is always a config without a fault. */
  async #writeInPlace(text: string, pauseMs: number): Promise<void> {
    const [head = '', ...routers] = text.split(/(?=^ {6}- id: )/m)
    const perPiece = Math.ceil(routers.length / PIECES)
    await writeFile(this.file, [head, ...routers.slice(0, perPiece)].join(''))
    for (let at = perPiece; at < routers.length; at += perPiece) {
      await sleep(pauseMs)
      await appendFile(this.file, routers.slice(at, at + perPiece).join(''))
    }
  }

  async #swap(text: string): Promise<void> {
    const before = this.#mounted
    const version = `..version-${++this.#versions}`
    await mkdir(join(this.#folder, version))
    await writeFile(join(this.#folder, version, 'tikmeter.yaml'), text)
    await this.#link(version, '..data')
    this.#mounted = version
    // If it was written in another way since, it is a regular file now.
    await this.#link(join('..data', 'tikmeter.yaml'), 'tikmeter.yaml')
    if (before !== undefined) await rm(join(this.#folder, before), { recursive: true })
  }

  async #link(target: string, name: string): Promise<void> {
    await symlink(target, join(this.#folder, `${name}.new`))
    await rename(join(this.#folder, `${name}.new`), join(this.#folder, name))
  }
}
