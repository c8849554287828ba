const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Formats instants (ISO 8601 in UTC, or milliseconds since 1970) in the tenant's time zone; `–` if invalid. */
export class LocalTime {
  readonly timezone: string
  readonly #second: Intl.DateTimeFormat
  readonly #minute: Intl.DateTimeFormat
  readonly #day: Intl.DateTimeFormat
  readonly #date: Intl.DateTimeFormat

  /** @param timezone an IANA name; UTC if this browser does not know it */
  constructor(timezone: string) {
    this.timezone = isKnown(timezone) ? timezone : 'UTC'
    const format = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat('en-GB', { ...options, timeZone: this.timezone, hourCycle: 'h23' })
    this.#second = format({ timeStyle: 'medium' })
    this.#minute = format({ timeStyle: 'short' })
    this.#day = format({ day: 'numeric', month: 'short' })
    this.#date = format({ day: 'numeric', month: 'short', year: 'numeric' })
  }

  /** `13:05:09` */
  second(instant: string | number): string {
    return formatted(this.#second, instant)
  }

  /** `13:05` */
  minute(instant: string | number): string {
    return formatted(this.#minute, instant)
  }

  /** `13:05` on the day of `now`, `24 Nov, 13:05` on another day of that year, and with the year otherwise. */
  moment(instant: string, now: string): string {
    const date = formatted(this.#date, instant)
    const today = formatted(this.#date, now)
    const time = this.minute(instant)
    if (date === today) return time
    return `${date.slice(-4) === today.slice(-4) ? formatted(this.#day, instant) : date}, ${time}`
  }
}

/** `24 Nov` for `2026-11-24`. */
export function dayName(day: string): string {
  return new Date(`${day}T00:00Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  })
}

/** `November` for `2026-11`. */
export function monthName(month: string): string {
  return new Date(`${month}-01T00:00Z`).toLocaleDateString('en-GB', { month: 'long', timeZone: 'UTC' })
}

/** `12 s ago`. An instant in the future, by clocks that differ, counts as now. */
export function ago(instant: string, now: string): string {
  const ms = Math.max(0, Date.parse(now) - Date.parse(instant))
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s ago`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ago`
  return `${Math.floor(ms / DAY_MS)} days ago`
}

function formatted(format: Intl.DateTimeFormat, instant: string | number): string {
  const at = new Date(instant)
  return Number.isNaN(at.getTime()) ? '–' : format.format(at)
}

function isKnown(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
    return true
  } catch {
    return false
  }
}
