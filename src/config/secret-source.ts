import { resolve } from 'node:path'
import { absent, type Checked, right, wrong } from './checked.ts'
import { readText } from './readable-file.ts'

/** The variables that `${NAME}` may name. */
export type Environment = Readonly<Record<string, string | undefined>>

const WANTED = `text, "\${NAME}" or { file: PATH }`
const MAX_BYTES = 64 * 1024

/**
 * The text of a secret, which may stand in the file itself, in the environment or in a file of its own:
 *
 *     password: plain text, in which ${NAME} is that variable's value and $${ a literal ${
 *     password: { file: PATH }      # what is in the file, without one newline at its end
 *
 * No message ever has a part of the secret in it.
 */
export function secretText(value: unknown, env: Environment): Checked<string> {
  if (typeof value === 'string') return substituted(value, env)
  if (typeof value === 'number') return wrong('must be text: put it in quotes')
  if (typeof value === 'object' && value !== null && 'file' in value && Object.keys(value).length === 1) {
    return typeof value.file === 'string' && value.file !== ''
      ? fileContent(resolve(value.file))
      : wrong('must be { file: PATH }, with the path of a file')
  }
  return absent(WANTED, value) ?? wrong(`must be ${WANTED}`)
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g
const WHOLE_REFERENCE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/

function substituted(text: string, env: Environment): Checked<string> {
  const unset: string[] = []
  let isMalformed = false
  const value = text.replace(REFERENCE, (reference: string, name: string | undefined) => {
    if (name === undefined) return '${'
    if (!WHOLE_REFERENCE.test(reference)) isMalformed = true
    const found = env[name]
    // An empty variable is one that was forgotten in an .env file, not a secret.
    if (found === undefined || found === '') unset.push(name)
    return found ?? ''
  })
  if (isMalformed)
    return wrong(`has a "\${" that names no variable: write \${NAME}, or $\${ for a literal "\${"`)
  if (unset.length === 0) return right(value)
  const names = [...new Set(unset)].join(' and ')
  return wrong(
    `needs ${names} from the environment, where it is not set or empty: export it or add it to .env`,
  )
}

function fileContent(file: string): Checked<string> {
  const content = readText(file, MAX_BYTES)
  if (content.kind === 'wrong') return content
  const value = content.value.replace(/\r?\n$/, '')
  return value === '' ? wrong(`is empty: put the secret into ${file}`) : right(value)
}
