import { createHash } from 'node:crypto'

/*
 * The longest texts that are taken from a router. A longer value is shortened when it is decoded: a subscriber with
 * such a name is counted, joined, stored and shown under the shortened name.
 *
 *     a name, and anything not listed       255 characters
 *     a MAC, an `.id`                        17
 *     an address, with a zone or a port      64
 *     an error                              300
 */

/** In UTF-16 code units, like all lengths here. */
export const LONGEST_NAME = 255
export const LONGEST_ERROR = 300

const LONGEST: ReadonlyMap<string, number> = new Map([
  ['mac-address', 17],
  ['.id', 17],
  ['address', 64],
  ['remote-address', 64],
  ['client-address', 64],
  ['session-id', 64],
  // A group's rights are one text, which gets longer with new RouterOS versions.
  ['policy', 1_024],
])

/** 48 bits: two of 20,000 long names of one router get the same hash in one case in a million. */
const HASH_DIGITS = 12
const ELLIPSIS = '…'

/** Shortens a property's value to the length that its kind allows. */
export function boundedValue(property: string, value: string): string {
  if (value.length <= SHORT_ENOUGH) return value
  if (property === 'message') return boundedError(value)
  return boundedName(value, LONGEST.get(property))
}

/** The smallest of the limits. */
const SHORT_ENOUGH = 17

/** Shortens a longer text to its beginning, `~` and a hash of all of it, so that different texts stay different. */
export function boundedName(text: string, longest: number = LONGEST_NAME): string {
  if (text.length <= longest) return text
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS)
  return `${beginning(text, longest - HASH_DIGITS - 1)}~${hash}`
}

/** Shortens a longer text, which then ends in an ellipsis. */
export function boundedError(text: string): string {
  return text.length <= LONGEST_ERROR ? text : beginning(text, LONGEST_ERROR - 1) + ELLIPSIS
}

/** Does not cut a surrogate pair in half. */
function beginning(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}
