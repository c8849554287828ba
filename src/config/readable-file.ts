import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Checked, right, wrong } from './checked.ts'
import { text } from './scalar.ts'

/** A path of the file, made absolute. Relative ones are relative to the working directory of the process. */
export function path(value: unknown): Checked<string> {
  const checked = text(value)
  return checked.kind === 'right' ? right(resolve(checked.value)) : checked
}

/** The path of a file that can be read now. What is in it is read by whoever uses it. */
export function readablePath(value: unknown): Checked<string> {
  const checked = path(value)
  if (checked.kind === 'wrong') return checked
  const content = readText(checked.value, 1024 * 1024)
  return content.kind === 'right' ? checked : content
}

/** The text of a file of `maxBytes` at the most. The message names the file and why it can't be read. */
export function readText(file: string, maxBytes: number): Checked<string> {
  try {
    if (statSync(file).size > maxBytes) return wrong(`is too large, more than ${maxBytes} bytes: ${file}`)
    return right(readFileSync(file, 'utf8'))
  } catch (error) {
    return wrong(`cannot be read: ${reason(error)}: ${file}`)
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return "this process's user may not read it"
  if (code === 'EISDIR') return 'it is a directory'
  return typeof code === 'string' ? code : String(error)
}
