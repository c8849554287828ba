import { type Checked, notA, right, wrong } from './checked.ts'
import { nearest } from './nearest.ts'
import { written } from './written.ts'

const WANTED = 'an IANA timezone such as Africa/Nairobi'

/** An IANA name. An offset such as `+03:07` is refused: it has no daylight saving time and may not fit the buckets. */
export function timezone(value: unknown): Checked<string> {
  if (typeof value !== 'string' || !/^[A-Za-z]/.test(value)) return notA(WANTED, value)
  if (isKnown(value)) return right(value)
  const meant = nearest(value, Intl.supportedValuesOf('timeZone'))
  return meant === undefined ? notA(WANTED, value) : wrong(`is not a timezone: did you mean ${meant}?`)
}

function isKnown(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false // Intl throws a RangeError for unknown names.
  }
}

written({ type: 'string', pattern: '^[A-Za-z]' }, timezone)
