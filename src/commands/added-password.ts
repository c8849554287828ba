import { secretText } from '../config/fields/secret-source.ts'
import type { Environment } from '../config/fields/variables.ts'
import type { AddOptions } from './arguments.ts'
import type { Prompt } from './prompt.ts'
import { WrongUse } from './wrong-use.ts'

export interface AddedPassword {
  /** As the config has it. */
  readonly written: string | { readonly file: string }
  /** The environment in which the config is right. */
  readonly env: Environment
  /** The variable that has to be set first. */
  readonly unset: string | undefined
}

const SOURCES = '--password-stdin or --password-file FILE'

/**
 * Gets the password of a new router. By default the config names a variable, which is free or has this password.
 * @throws WrongUse if there is none
 */
export async function addedPassword(
  { passwordStdin: isOnStdin = false, passwordFile: file, plain: isPlain = false }: AddOptions,
  router: { readonly tenant: string; readonly id: string },
  env: Environment,
  prompt: Prompt,
): Promise<AddedPassword> {
  if (file !== undefined) {
    const found = secretText({ file }, env)
    if (found.kind === 'wrong') throw new WrongUse(`--password-file ${found.message}`)
    return { written: { file }, env, unset: undefined }
  }
  if (!isOnStdin && !prompt.isAsking) throw new WrongUse(`give the password by ${SOURCES}`)
  const password = isOnStdin ? await prompt.input() : await prompt.askHidden('password')
  // `${` is a reference in the config.
  if (isPlain) return { written: password.replaceAll('${', () => '$${'), env, unset: undefined }
  if (password === '') throw new WrongUse('the password is empty: set one on the router, or use --plain')
  const name = freeName(`${router.tenant}_${router.id}`, password, env)
  const unset = env[name] === password ? undefined : name
  return { written: `\${${name}}`, env: { ...env, [name]: password }, unset }
}

function freeName(of: string, password: string, env: Environment): string {
  const base = `${of.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_PASSWORD`.replace(/^(?=\d)/, '_')
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}_${number}`
    if ((env[name] ?? '') === '' || env[name] === password) return name
  }
}
