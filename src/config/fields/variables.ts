import { type Checked, right, wrong } from './checked.ts'
import { formOf, written } from './written.ts'

/** The variables that `${NAME}` may name. */
export type Environment = Readonly<Record<string, string | undefined>>

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g
const WHOLE_REFERENCE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/

/** Replaces `${NAME}` by that variable, and `$${` by a literal `${`. */
export function substituted(text: string, env: Environment): Checked<string> {
  const unset: string[] = []
  let isMalformed = false
  const value = text.replace(REFERENCE, (reference: string, name: string | undefined) => {
    if (name === undefined) return '${'
    if (!WHOLE_REFERENCE.test(reference)) isMalformed = true
    const found = env[name]
    // An empty variable was forgotten in an .env file; it is not a secret.
    if (found === undefined || found === '') unset.push(name)
    return found ?? ''
  })
  if (isMalformed)
    return wrong(`has a "\${" that names no variable: write \${NAME}, or $\${ for a literal "\${"`)
  if (unset.length === 0) return right(value)
  const names = [...new Set(unset)].join(' and ')
  return wrong(
    `needs ${names} from the environment, but it is unset or empty there: export it or add it to .env`,
  )
}

/** Text in which variables are replaced before it is checked. */
export function withVariables<T>(env: Environment, check: (value: unknown) => Checked<T>) {
  return written({ type: 'string' }, (value: unknown): Checked<T> => {
    if (typeof value !== 'string') return check(value)
    const text = substituted(value, env)
    return text.kind === 'right' ? check(text.value) : text
  })
}

/** A number, or the variable that has it. */
export function numberWithVariables<T>(env: Environment, check: (value: unknown) => Checked<T>) {
  const form = { anyOf: [formOf(check), { type: 'string', pattern: '\\$\\{' }] }
  return written(
    form,
    (value: unknown): Checked<T> =>
      typeof value === 'string' && value.includes('${')
        ? withVariables(env, it => check(typeof it === 'string' && /^\d+$/.test(it) ? Number(it) : it))(value)
        : check(value),
  )
}
