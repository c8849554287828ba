import type { Config } from '../config.ts'
import type { Fault } from '../fault.ts'
import { locatedIn } from '../located.ts'
import { DISK, filesOf } from './files.ts'

/**
 * Warns of patterns that match no file: one may be misspelled.
 * @param file the file from which `config` was loaded
 */
export function unmatchedPatterns(file: string, { include }: Pick<Config, 'include'>): readonly Fault[] {
  const found = include.flatMap((pattern, index) => {
    const files = filesOf(pattern, DISK)
    const isEmpty = files.kind === 'right' && files.value.length === 0
    return isEmpty ? [{ path: ['include', index], message: `matches no file: ${pattern}` }] : []
  })
  return locatedIn(file, found)
}
