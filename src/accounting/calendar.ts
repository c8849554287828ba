/** One day of a tenant: 23, 24 or 25 hours long. It begins at a quarter of an hour of UTC. */
export interface Day {
  /** `2026-11-24` */
  readonly name: string
  readonly startMs: number
  readonly endMs: number
}

/** Every zone's offset from UTC is a multiple of this (docs/accounting.md rule 17), so days begin at multiples of it. */
export const QUARTER_HOUR_MS = 15 * 60_000

/** Longer than any day: Antarctica's stations have set their clocks back by three hours. */
const SEARCH_MS = 30 * 60 * 60_000

const DAY_MS = 24 * 60 * 60_000

/** Number of UTC days in memory. A router's first reading can have many sessions that are months old. */
const REMEMBERED = 2_000

/** A tenant's days in its own zone (rule 16). Found days are kept in memory, because Intl is slow. */
export class Calendar {
  readonly timezone: string
  readonly #format: Intl.DateTimeFormat
  /** The tenant's days that overlap a UTC day, by its number since 1970. */
  readonly #known = new Map<number, readonly Day[]>()

  /** @throws RangeError if this machine knows no IANA zone `timezone` */
  constructor(timezone: string) {
    this.timezone = timezone
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    })
  }

  /** The day at an instant. @param ms milliseconds since 1970 */
  dayAt(ms: number): Day {
    const utcDay = Math.floor(ms / DAY_MS)
    const days = this.#known.get(utcDay) ?? []
    const known = days.find(day => day.startMs <= ms && ms < day.endMs)
    if (known) return known
    const day = this.#findDay(ms)
    if (this.#known.size >= REMEMBERED) this.#known.clear()
    this.#known.set(utcDay, [...days, day])
    return day
  }

  /**
   * The day with that name, or the next one if the zone never had it (Samoa's 2011-12-30).
   * @param name `2026-11-24`
   */
  dayNamed(name: string): Day {
    let day = this.dayAt(Date.parse(`${name}T12:00Z`))
    while (day.name < name) day = this.dayAt(day.endMs)
    for (let before = day; before.name >= name; before = this.dayAt(before.startMs - 1)) day = before
    return day
  }

  #findDay(ms: number): Day {
    const name = this.#nameAt(ms)
    const quarter = Math.floor(ms / QUARTER_HOUR_MS)
    const reach = SEARCH_MS / QUARTER_HOUR_MS
    const start = firstQuarter(quarter - reach, quarter, at => this.#nameAt(at * QUARTER_HOUR_MS) >= name)
    const end = firstQuarter(quarter, quarter + reach, at => this.#nameAt(at * QUARTER_HOUR_MS) > name)
    return { name, startMs: start * QUARTER_HOUR_MS, endMs: end * QUARTER_HOUR_MS }
  }

  #nameAt(ms: number): string {
    const parts = this.#format.formatToParts(ms)
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.find(it => it.type === type)?.value ?? ''
    return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
  }
}

/** The first whole number in (low, high] for which `holds` is true. It must be true for all numbers after that one. */
function firstQuarter(low: number, high: number, holds: (at: number) => boolean): number {
  let before = low
  let at = high
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2)
    if (holds(middle)) at = middle
    else before = middle
  }
  return at
}
