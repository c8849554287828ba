import { type Checked, right, wrong } from './checked.ts'
import { field } from './field.ts'
import { Secret } from './secret.ts'
import { SECRET_FORM, secretText } from './secret-source.ts'
import type { Environment } from './variables.ts'
import { written } from './written.ts'

/** A secret whose text is looked up and then checked. Messages of `checkText` must not contain any part of it. */
export function secret(env: Environment, checkText: (text: string) => Checked<string>) {
  const check = written(SECRET_FORM, (value: unknown): Checked<Secret> => {
    const found = secretText(value, env)
    const checked = found.kind === 'right' ? checkText(found.value) : found
    return checked.kind === 'right' ? right(new Secret(checked.value)) : checked
  })
  return field(check)
}

export function isNotEmpty(text: string): Checked<string> {
  return text === '' ? wrong('must not be empty') : right(text)
}
