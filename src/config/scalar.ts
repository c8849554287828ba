import { type Checked, notA, right } from './checked.ts'

/** Text of one character or more. Numbers must be quoted, so that `007` stays what it is. */
export function text(value: unknown): Checked<string> {
  if (typeof value === 'string' && value.trim() !== '') return right(value)
  return notA(typeof value === 'number' ? 'text in quotes' : 'text', value)
}

export function boolean(value: unknown): Checked<boolean> {
  return typeof value === 'boolean' ? right(value) : notA('true or false', value)
}

export function wholeNumber(min: number, max: number): (value: unknown) => Checked<number> {
  return value =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? right(value)
      : notA(`a whole number from ${min} to ${max}`, value)
}

/** Text that one of the field's own rules accepts; `wanted` says the rule. */
export function textOf(isRight: (value: string) => boolean, wanted: string) {
  return (value: unknown): Checked<string> =>
    typeof value === 'string' && isRight(value) ? right(value) : notA(wanted, value)
}

/** One of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): (value: unknown) => Checked<Word> {
  return value => {
    const found = words.find(word => word === value)
    return found === undefined ? notA(`one of ${words.join(', ')}`, value) : right(found)
  }
}
