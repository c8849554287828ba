import { readFileSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { type Checked, right, wrong } from './checked.ts'
import { text } from './scalar.ts'
import { written } from './written.ts'

/** A path, made absolute. Relative paths start at the working directory of the process. */
export function path(value: unknown): Checked<string> {
  const checked = text(value)
  if (checked.kind === 'wrong') return checked
  return /\n|-----BEGIN/.test(checked.value)
    ? wrong('must be the path of a file, not what is in it')
    : right(resolve(checked.value))
}

/**
 * Reads a file of at most `maxBytes`. The message says why it cannot be read. It names the file only if one exists,
 * because a user may have written the content of the file instead of its path.
 * @throws the system's error if no file descriptor is left, which is not a fault of the config
 */
export function readText(file: string, maxBytes: number): Checked<string> {
  try {
    if (statSync(file).size > maxBytes) return wrong(`is too large, more than ${maxBytes} bytes: ${file}`)
    const bytes = readFileSync(file)
    return isUtf16(bytes) ? wrong(`is UTF-16, save it as UTF-8: ${file}`) : right(bytes.toString('utf8'))
  } catch (error) {
    if (isOutOfDescriptors(error)) throw error
    return wrong(`cannot be read: ${reason(error, file)}`)
  }
}

/** As editors and PowerShell on Windows write it: with a mark, or a zero byte beside each letter. */
function isUtf16([first, second, third, fourth]: Buffer): boolean {
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true
  return (first === 0 && third === 0) || (second === 0 && fourth === 0)
}

/** `EMFILE` is the limit of the process, `ENFILE` that of the machine. */
export function isOutOfDescriptors(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE')
}

/** Why the file or folder cannot be read. */
export function reason(error: unknown, file: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EACCES') return `this process's user may not read it: ${file}`
  if (code === 'EISDIR') return `it is a directory: ${file}`
  if (code !== 'ENOENT') return typeof code === 'string' ? code : 'it is not a path'
  const isBelow = !relative(process.cwd(), resolve(file)).startsWith('..')
  return `there is no such file${isBelow ? `; a relative path begins at ${process.cwd()}` : ''}`
}

written({ type: 'string', pattern: '\\S' }, path)
