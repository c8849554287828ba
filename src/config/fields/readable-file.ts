import { readFileSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { type Checked, right, wrong } from './checked.ts'
import { text } from './scalar.ts'

/** A path of the file, made absolute. Relative ones are relative to the working directory of the process. */
export function path(value: unknown): Checked<string> {
  const checked = text(value)
  if (checked.kind === 'wrong') return checked
  return /\n|-----BEGIN/.test(checked.value)
    ? wrong('must be the path of a file, not what is in it')
    : right(resolve(checked.value))
}

/**
 * The text of a file of `maxBytes` at the most. The message says why it can't be read, and names the file where there
 * is one: what stands in the place of a path may be what belongs into the file.
 * @throws the system's error where no file descriptor is left, which is no fault of the config
 */
export function readText(file: string, maxBytes: number): Checked<string> {
  try {
    if (statSync(file).size > maxBytes) return wrong(`is too large, more than ${maxBytes} bytes: ${file}`)
    return right(readFileSync(file, 'utf8'))
  } catch (error) {
    if (isOutOfDescriptors(error)) throw error
    return wrong(`cannot be read: ${reason(error, file)}`)
  }
}

/** `EMFILE` is the process's, `ENFILE` the machine's. */
function isOutOfDescriptors(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE')
}

function reason(error: unknown, file: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EACCES') return `this process's user may not read it: ${file}`
  if (code === 'EISDIR') return `it is a directory: ${file}`
  if (code !== 'ENOENT') return typeof code === 'string' ? code : 'it is no path'
  const isBelow = !relative(process.cwd(), resolve(file)).startsWith('..')
  return `there is no such file${isBelow ? `; a relative path begins at ${process.cwd()}` : ''}`
}
