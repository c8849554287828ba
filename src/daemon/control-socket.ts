import { isAbsolute, join, relative } from 'node:path'

/** A socket's address has room for so many bytes: 108 on Linux with the closing 0, 104 on others. */
const LONGEST_PATH = 103

/**
 * Where the daemon of a config answers `tikmeter status`: beside its journal, which no other daemon can have.
 * @param directory the journal's
 * @returns the shorter one of its absolute and its relative path; `undefined` where both are too long
 */
export function controlSocketOf(directory: string, from = process.cwd()): string | undefined {
  const absolute = join(directory, 'control.sock')
  const near = relative(from, absolute)
  const path = near !== '' && !isAbsolute(near) && near.length < absolute.length ? near : absolute
  return Buffer.byteLength(path) > LONGEST_PATH ? undefined : path
}
