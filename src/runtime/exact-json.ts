/** A JSON value, with whole numbers of any size. */
export type Exact =
  | string
  | number
  | boolean
  | bigint
  | null
  | readonly Exact[]
  | { readonly [name: string]: Exact }

/**
 * JSON in which a bigint is an integer with all its digits. Nothing is rounded here. Beyond 2^53 it depends on the
 * reader's parser whether all digits are kept: Python and jq 1.7 keep them, a browser does not.
 */
export function exactJson(value: Exact): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(exactJson).join(',')}]`
  return `{${Object.entries(value)
    .map(([name, item]) => `${JSON.stringify(name)}:${exactJson(item)}`)
    .join(',')}}`
}

/** `Array.isArray` does not narrow to a readonly array. */
function isList(value: object): value is readonly Exact[] {
  return Array.isArray(value)
}
