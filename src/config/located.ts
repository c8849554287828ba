import { type Fault, type Finding, pathText } from './fault.ts'
import { DISK } from './include/files.ts'
import { readWhole } from './include/read-whole.ts'

/** Locates findings in a config that was loaded before. Its files are read again only if there are any. */
export function locatedIn(file: string, found: readonly Finding[]): readonly Fault[] {
  if (found.length === 0) return []
  const read = readWhole(file, DISK)
  // It has just become unreadable. The findings are still right.
  if (read.kind === 'unreadable')
    return found.map(({ message }) => ({
      ...{ file, line: 1, column: 1, path: '' },
      message: typeof message === 'string' ? message : message(pathText),
    }))
  return found.map(it => read.whole.locate(it))
}
