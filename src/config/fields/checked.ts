/** What checking one value of the file gave: the value as the daemon wants it, or what to do about it. */
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
 * The fault of a value that is not `wanted` ("a whole number"). It never shows the value, which its line and column
 * lead to: what stands in a wrong place may be a password.
 */
export function notA(wanted: string, value: unknown): { readonly kind: 'wrong'; readonly message: string } {
  return absent(wanted, value) ?? wrong(`must be ${wanted}${kindOf(value)}`)
}

/** The fault of a value that is not there: no key, or a key with nothing behind it. */
export function absent(wanted: string, value: unknown): ReturnType<typeof wrong> | undefined {
  if (value === undefined) return wrong(`is missing: set it to ${wanted}`)
  // Not the same as no key: `tls:` with nothing behind it must not quietly mean a connection in the clear.
  if (value === null) return wrong(`has no value: set it to ${wanted}, or remove the key`)
  return undefined
}

/** What the value is instead, where that says more than the rule it breaks. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return ', not a list'
  if (typeof value === 'object') return ', not a block of keys'
  return typeof value === 'boolean' ? `, not ${value}` : ''
}
