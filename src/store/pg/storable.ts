import { DatabaseRefused } from './errors.ts'

/** What Postgres can hold of a router's text: no NUL, and no half of a surrogate pair. */
export function storableText(text: string): string {
  return UNSTORABLE.test(text) ? text.replaceAll('\0', '\u2400').replace(LONE_SURROGATE, '\ufffd') : text
}

const UNSTORABLE = /[\0\p{Surrogate}]/u
const LONE_SURROGATE = /\p{Surrogate}/gu

export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, it: unknown) => (typeof it === 'string' ? storableText(it) : it))
}

/** @throws DatabaseRefused where `value` is no exact count of bytes */
export function storableBytes(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new DatabaseRefused(`not a count of bytes: ${value}`)
  return value
}

/** A limit; none at all is a number all the same. */
export function storableLimit(limit: number): number {
  return Math.min(limit, Number.MAX_SAFE_INTEGER)
}

/** Beyond it a `Date` is none. */
const LAST_INSTANT_MS = 8.64e15

/**
 * An instant for `timestamptz(3)`; what is known to a fraction of a millisecond is rounded.
 * @throws DatabaseRefused where it is no instant
 */
export function storableInstant(ms: number): number {
  if (!(Math.abs(ms) <= LAST_INSTANT_MS)) throw new DatabaseRefused(`not an instant: ${ms}`)
  return Math.round(ms)
}
