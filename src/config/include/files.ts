import { readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type Checked, right, wrong } from '../fields/checked.ts'
import { isOutOfDescriptors, readText, reason } from '../fields/readable-file.ts'
import { hasWildcard, matching } from './file-pattern.ts'

/** All files of a config together have at most this many bytes. One of ten thousand routers takes a tenth of this. */
export const MAX_BYTES = 16 * 1024 * 1024
/** Files that a config may include. */
export const MOST_FILES = 10_000

/** Where the files of a config are read. */
export interface Files {
  read(file: string): Checked<string>
  /** The names in a folder; none if it does not exist. */
  names(folder: string): Checked<readonly string[]>
}

export const DISK: Files = {
  read: file => readText(file, MAX_BYTES),
  names(folder) {
    try {
      return right(readdirSync(folder))
    } catch (error) {
      if (isOutOfDescriptors(error)) throw error
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return right([])
      return wrong(`cannot be read: ${reason(error, folder)}`)
    }
  },
}

/** Files in which one has this text, whether it is on the disk or not. */
export function withText(file: string, text: string, others: Files): Files {
  const path = resolve(file)
  return {
    read: it => (resolve(it) === path ? right(text) : others.read(it)),
    names(folder) {
      const found = others.names(folder)
      if (found.kind === 'wrong' || resolve(folder) !== dirname(path)) return found
      return right([...new Set([...found.value, basename(path)])])
    },
  }
}

/** The files that a pattern stands for. Without a wildcard it is one file, which has to exist. */
export function filesOf(pattern: string, files: Files): Checked<readonly string[]> {
  if (!hasWildcard(basename(pattern))) return right([pattern])
  const folder = dirname(pattern)
  const names = files.names(folder)
  if (names.kind === 'wrong') return names
  return right(matching(basename(pattern), names.value).map(name => join(folder, name)))
}

/** The files of a config that was loaded, each of them once. */
export function filesOfConfig(file: string, include: readonly string[]): readonly string[] {
  const included = include.flatMap(pattern => {
    const found = filesOf(pattern, DISK)
    return found.kind === 'right' ? found.value : []
  })
  return [file, ...new Set(included.filter(it => it !== resolve(file)))]
}
