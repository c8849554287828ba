import { basename } from 'node:path'
import { type Checked, notA, right, wrong } from '../fields/checked.ts'
import { written } from '../fields/written.ts'

const WANTED = 'a file or a pattern such as routers.d/*.yaml'

/** A path whose last part may have `*` and `?`. A relative one begins at the folder of the file that includes. */
export function filePattern(value: unknown): Checked<string> {
  if (typeof value !== 'string' || value.trim() === '' || /[\0\n]/.test(value)) return notA(WANTED, value)
  const name = basename(value)
  if (value.endsWith('/') || name === '.' || name === '..')
    return wrong(`must be ${WANTED}: this is a folder`)
  return hasWildcard(value.slice(0, -name.length)) || name.includes('**')
    ? wrong('must have * and ? in the name of the file only, such as routers.d/*.yaml')
    : right(value)
}

export function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern)
}

/**
 * The names in a folder that the last part of a pattern matches, in the order of their characters. A wildcard matches no
 * dot at the beginning: editors and Kubernetes keep files of their own there.
 */
export function matching(namePattern: string, names: readonly string[]): readonly string[] {
  const source = namePattern.replaceAll(/[^\w]/g, sign => {
    if (sign === '*') return '.*'
    return sign === '?' ? '.' : `\\u{${sign.codePointAt(0)?.toString(16)}}`
  })
  const dotless = /^[*?]/.test(namePattern) ? '(?!\\.)' : ''
  const pattern = new RegExp(`^${dotless}${source}$`, 'su')
  return names.filter(name => pattern.test(name)).sort()
}

written({ type: 'string', pattern: '[^/]$' }, filePattern)
