import { join, resolve } from 'node:path'
import { absent, type Checked, right, wrong } from './checked.ts'
import { readText } from './readable-file.ts'
import { type Environment, substituted } from './variables.ts'

const WANTED = `text, "\${NAME}", { file: PATH } or { credential: NAME }`
const MAX_BYTES = 64 * 1024

/**
 * The text of a secret, which may be in the config itself, in the environment or in a separate file:
 *
 *     password: plain text, where ${NAME} is replaced by that variable and $${ is a literal ${
 *     password: { file: PATH }         # the content of the file, without one trailing newline
 *     password: { credential: NAME }   # the same for systemd's LoadCredential=NAME:… or LoadCredentialEncrypted=
 *
 * No message ever contains a part of the secret.
 */
export function secretText(value: unknown, env: Environment): Checked<string> {
  if (typeof value === 'string') return substituted(value, env)
  if (typeof value === 'number') return wrong('must be text: put it in quotes')
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 1) {
    if ('file' in value) {
      return typeof value.file === 'string' && value.file !== ''
        ? fileContent(resolve(value.file))
        : wrong('must be { file: PATH }, with the path of a file')
    }
    if ('credential' in value) return credential(value.credential, env)
  }
  return absent(WANTED, value) ?? wrong(`must be ${WANTED}`)
}

/** How a secret is written. */
export const SECRET_FORM = {
  anyOf: [{ type: 'string' }, ...['file', 'credential'].map(oneKey)],
}

function oneKey(key: string) {
  return {
    type: 'object',
    properties: { [key]: { type: 'string' } },
    required: [key],
    additionalProperties: false,
  }
}

/** Whether the value is a secret in plain text. With a reference in it, the secret is elsewhere. */
export function isPlainText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !value.replaceAll('$${', '').includes('${')
}

const CREDENTIAL = /^[A-Za-z0-9_.-]{1,255}$/

/** See systemd.exec(5): the files are in a directory that only processes of the unit can read. */
function credential(name: unknown, env: Environment): Checked<string> {
  if (typeof name !== 'string' || !CREDENTIAL.test(name) || name === '.' || name === '..')
    return wrong('must be { credential: NAME }, with the name that LoadCredential= gives it')
  const directory = env['CREDENTIALS_DIRECTORY']
  return directory === undefined || directory === ''
    ? wrong(
        `needs the systemd credential ${name}, which this process does not have: add LoadCredential=${name}:PATH to the unit`,
      )
    : fileContent(join(directory, name))
}

function fileContent(file: string): Checked<string> {
  const content = readText(file, MAX_BYTES)
  if (content.kind === 'wrong') return content
  const value = content.value.replace(/\r?\n$/, '')
  return value === '' ? wrong(`is empty: put the secret into ${file}`) : right(value)
}
