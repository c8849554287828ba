import { type Checked, notA, right } from './checked.ts'
import { written } from './written.ts'

written({ type: 'string', pattern: '\\S' }, text)
written({ type: 'boolean' }, boolean)

/** Text that is not blank. Numbers must be quoted, so that `007` stays as it is. */
export function text(value: unknown): Checked<string> {
  if (typeof value === 'string' && value.trim() !== '') return right(value)
  return notA(typeof value === 'number' ? 'text in quotes' : 'text', value)
}

export function boolean(value: unknown): Checked<boolean> {
  return typeof value === 'boolean' ? right(value) : notA('true or false', value)
}

export function wholeNumber(min: number, max: number): (value: unknown) => Checked<number> {
  return written({ type: 'integer', minimum: min, maximum: max }, value =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? right(value)
      : notA(`a whole number from ${min} to ${max}`, value),
  )
}

export function number(min: number, max: number): (value: unknown) => Checked<number> {
  return written({ type: 'number', minimum: min, maximum: max }, value =>
    typeof value === 'number' && value >= min && value <= max
      ? right(value)
      : notA(`a number from ${min} to ${max}`, value),
  )
}

/** Text that passes the field's own rule; `wanted` describes the rule. */
export function textMatching(isRight: (value: string) => boolean, wanted: string) {
  return written(
    { type: 'string' },
    (value: unknown): Checked<string> =>
      typeof value === 'string' && isRight(value) ? right(value) : notA(wanted, value),
  )
}

/** One of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): (value: unknown) => Checked<Word> {
  return written({ enum: words }, value => {
    const found = words.find(word => word === value)
    return found === undefined ? notA(`one of ${words.join(', ')}`, value) : right(found)
  })
}

const INSTANT = 'an instant such as 2026-11-30T09:00:00Z'
const INSTANT_TEXT = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/

/** An instant in ISO 8601, with its offset from UTC. */
export function instant(value: unknown): Checked<Date> {
  const day = typeof value === 'string' ? INSTANT_TEXT.exec(value)?.[1] : undefined
  if (typeof value !== 'string' || day === undefined) return notA(INSTANT, value)
  const at = new Date(value)
  // JavaScript reads February 30 as March 2.
  const isDay = new Date(`${day}T00:00Z`).toJSON()?.startsWith(day) === true
  return isDay && !Number.isNaN(at.getTime()) ? right(at) : notA(INSTANT, value)
}
written({ type: 'string', pattern: INSTANT_TEXT.source }, instant)
