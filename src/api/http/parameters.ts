/** No router accepts a longer name. */
const LONGEST_TEXT = 255
const DAY = /^(?:19[7-9]|[2-9]\d\d)\d-\d\d-\d\d$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL has no text with a NUL in it.
const NUL = /\u0000/

/** Reads the parameters of a query, and collects their faults, each with the parameter's name. */
export class Parameters {
  readonly faults: string[] = []
  readonly #query: URLSearchParams

  constructor(query: URLSearchParams) {
    this.#query = query
  }

  text(name: string): string | undefined {
    const value = this.#query.get(name) ?? undefined
    if (value === undefined) return undefined
    if (value.length > LONGEST_TEXT) return this.fault(name, `is longer than ${LONGEST_TEXT} characters`)
    if (NUL.test(value)) return this.fault(name, 'contains a NUL')
    return value
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.#query.get(name)
    if (value === null) return undefined
    return choices.find(it => it === value) ?? this.fault(name, `is not one of ${choices.join(', ')}`)
  }

  /** A day of the calendar, `2026-11-24`. */
  day(name: string): string | undefined {
    const value = this.#query.get(name)
    if (value === null) return undefined
    return isDay(value) ? value : this.fault(name, 'is not a day such as 2026-11-24')
  }

  /** A number from 1 to `most`. */
  count(name: string, most: number): number | undefined {
    const value = this.#query.get(name)
    if (value === null) return undefined
    const count = /^\d{1,9}$/.test(value) ? Number(value) : 0
    return count >= 1 && count <= most ? count : this.fault(name, `is not a number from 1 to ${most}`)
  }

  fault(name: string, what: string): undefined {
    this.faults.push(`${name} ${what}`)
    return undefined
  }
}

/** Whether a text is a day of the Gregorian calendar, 1970 or later, such as `2026-11-24`. */
export function isDay(value: string): boolean {
  const ms = DAY.test(value) ? Date.parse(`${value}T00:00Z`) : Number.NaN
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value)
}
