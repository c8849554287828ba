import { DatabaseRefused } from './errors.ts'

/** Replaces what PostgreSQL cannot store in a text: NUL and lone surrogates. */
export function storableText(text: string): string {
  return UNSTORABLE.test(text) ? text.replaceAll('\0', '\u2400').replace(LONE_SURROGATE, '\ufffd') : text
}

const UNSTORABLE = /[\0\p{Surrogate}]/u
const LONE_SURROGATE = /\p{Surrogate}/gu

/** JSON whose texts PostgreSQL can store. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, it: unknown) => (typeof it === 'string' ? storableText(it) : it))
}

/** Returns `value`. @throws DatabaseRefused if it is not an exact count of bytes */
export function storableBytes(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new DatabaseRefused(`not a count of bytes: ${value}`)
  return value
}

/** A limit for an `int8` column: infinity becomes the greatest safe integer. */
export function storableLimit(limit: number): number {
  return Math.min(limit, Number.MAX_SAFE_INTEGER)
}

/** The greatest value of a `Date`. */
const LAST_INSTANT_MS = 8.64e15

/**
 * An instant for `timestamptz(3)`, rounded to milliseconds.
 * @throws DatabaseRefused if it is not an instant
 */
export function storableInstant(ms: number): number {
  if (!(Math.abs(ms) <= LAST_INSTANT_MS)) throw new DatabaseRefused(`not an instant: ${ms}`)
  return Math.round(ms)
}
