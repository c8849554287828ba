import { type Checked, notA, right, wrong } from './checked.ts'
import { nearest } from './nearest.ts'
import { written } from './written.ts'

const WANTED = 'an IANA timezone such as Africa/Nairobi'

/**
 * Abbreviations. AST is Alaska to Node and the Atlantic to PostgreSQL, CET has no summer to PostgreSQL, and CAT is unknown
 * to it. The ones that are left mean the same to both.
 */
const AMBIGUOUS = /^(?!UTC|UCT|GMT|EST|MST|HST|PRC|ROC|ROK)[a-z]{3}$/i

/** An IANA name. An offset such as `+03:07` is refused: it has no daylight saving time and may not fit the buckets. */
export function timezone(value: unknown): Checked<string> {
  if (typeof value !== 'string' || !/^[A-Za-z]/.test(value)) return notA(WANTED, value)
  if (AMBIGUOUS.test(value)) return wrong(`is not the same zone to everybody: write ${WANTED}`)
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
