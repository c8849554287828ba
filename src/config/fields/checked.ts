/** The result of checking one value of the file: the value as the daemon uses it, or how to fix it. */
export type Checked<T> =
  | { readonly kind: 'right'; readonly value: T }
  | { readonly kind: 'wrong'; readonly message: string }

export function right<T>(value: T): Checked<T> {
  return { kind: 'right', value }
}

export function wrong(message: string): { readonly kind: 'wrong'; readonly message: string } {
  return { kind: 'wrong', message }
}

/**
 * The fault of a value that is not `wanted` ("a whole number"). It never shows the value: a value in the wrong place
 * may be a password, and line and column lead to it.
 */
export function notA(wanted: string, value: unknown): { readonly kind: 'wrong'; readonly message: string } {
  return absent(wanted, value) ?? wrong(`must be ${wanted}${kindOf(value)}`)
}

/** The fault of a missing value: no key, or a key with nothing after the colon. */
export function absent(wanted: string, value: unknown): ReturnType<typeof wrong> | undefined {
  if (value === undefined) return wrong(`is missing: set it to ${wanted}`)
  // Unlike a missing key: an empty `tls:` must not silently mean a connection without TLS.
  if (value === null) return wrong(`has no value: set it to ${wanted}, or remove the key`)
  return undefined
}

/** What the value is instead, if that helps more than the rule alone. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return ', not a list'
  if (typeof value === 'object') return ', not a block of keys'
  return typeof value === 'boolean' ? `, not ${value}` : ''
}
