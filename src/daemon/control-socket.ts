import { isAbsolute, join, relative } from 'node:path'

/** The most bytes in the address of a Unix socket: 108 on Linux with the final 0, 104 on other systems. */
const LONGEST_PATH = 103

/**
 * The path of the socket for `tikmeter status`: beside the journal, which no other daemon uses.
 * @param directory the journal's directory
 * @returns the shorter of its absolute and relative path; `undefined` if both are too long
 */
export function controlSocketOf(directory: string, from = process.cwd()): string | undefined {
  const absolute = join(directory, 'control.sock')
  const near = relative(from, absolute)
  const path = near !== '' && !isAbsolute(near) && near.length < absolute.length ? near : absolute
  return Buffer.byteLength(path) > LONGEST_PATH ? undefined : path
}
