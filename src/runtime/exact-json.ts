/** What JSON can say, and whole numbers of any size. */
export type Exact =
  | string
  | number
  | boolean
  | bigint
  | null
  | readonly Exact[]
  | { readonly [name: string]: Exact }

/**
 * JSON in which a bigint is an integer with all of its digits. Nothing is rounded here: beyond 2^53 it is up to the
 * reader's parser whether it keeps them all, as Python's and jq 1.7 do and a browser's does not.
 */
export function exactJson(value: Exact): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(exactJson).join(',')}]`
  return `{${Object.entries(value)
    .map(([name, its]) => `${JSON.stringify(name)}:${exactJson(its)}`)
    .join(',')}}`
}

/** `Array.isArray` does not tell a readonly one. */
function isList(value: object): value is readonly Exact[] {
  return Array.isArray(value)
}
