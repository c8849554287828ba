import { createHash } from 'node:crypto'

/*
 * How long a router's texts may be. A longer value is shortened where it is decoded, and nobody sees it longer: a
 * subscriber with such a name is counted, joined, stored and shown under the shortened one.
 *
 *     a name, and all that is not listed    255 characters
 *     a MAC, an `.id`                        17
 *     an address, with a zone or a port      64
 *     an error                              300
 */

/** In UTF-16 code units, as all lengths here. */
export const LONGEST_NAME = 255
export const LONGEST_ERROR = 300

const LONGEST: ReadonlyMap<string, number> = new Map([
  ['mac-address', 17],
  ['.id', 17],
  ['address', 64],
  ['remote-address', 64],
  ['client-address', 64],
  ['session-id', 64],
  // A group's rights are one text, which grows with RouterOS.
  ['policy', 1_024],
])

/** Bits of a hash: of 20,000 long names of one router, two get the same in one case of a million. */
const HASH_DIGITS = 12
const ELLIPSIS = '…'

/** A property's value, as long as its kind allows. */
export function boundedValue(property: string, value: string): string {
  if (value.length <= SHORT_ENOUGH) return value
  if (property === 'message') return boundedError(value)
  return boundedName(value, LONGEST.get(property))
}

/** No limit is below it. */
const SHORT_ENOUGH = 17

/** A longer text is its beginning, `~` and a hash of the whole: two that differ anywhere stay two. */
export function boundedName(text: string, longest: number = LONGEST_NAME): string {
  if (text.length <= longest) return text
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS)
  return `${beginning(text, longest - HASH_DIGITS - 1)}~${hash}`
}

/** A longer text ends in an ellipsis. */
export function boundedError(text: string): string {
  return text.length <= LONGEST_ERROR ? text : beginning(text, LONGEST_ERROR - 1) + ELLIPSIS
}

/** Never half of a surrogate pair. */
function beginning(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}
