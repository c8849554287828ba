/** How a value is written, in JSON Schema. Editors check it while somebody types; what counts is the check itself. */
export type Written = Readonly<Record<string, unknown>>

const forms = new WeakMap<object, Written>()

/** Notes how the values that a check accepts are written. */
export function written<Check extends object>(form: Written, check: Check): Check {
  forms.set(check, form)
  return check
}

export function formOf(check: object): Written {
  return forms.get(check) ?? {}
}
