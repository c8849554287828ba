import { type Day, QUARTER_HOUR_MS } from '../../src/accounting/calendar.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

/** `2026-11-24`, from the Swedish locale, a way that `Calendar` does not use. */
export function slowNameAt(timezone: string, ms: number): string {
  const format =
    formats.get(timezone) ??
    new Intl.DateTimeFormat('sv-SE', {
      timeZone: timezone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    })
  formats.set(timezone, format)
  return format.format(ms)
}

/** A day, found by checking every quarter of an hour around it. */
export function slowDayAt(timezone: string, ms: number): Day {
  const name = slowNameAt(timezone, ms)
  let startMs = Math.floor(ms / QUARTER_HOUR_MS) * QUARTER_HOUR_MS
  while (slowNameAt(timezone, startMs - QUARTER_HOUR_MS) === name) startMs -= QUARTER_HOUR_MS
  let endMs = startMs
  while (slowNameAt(timezone, endMs) === name) endMs += QUARTER_HOUR_MS
  return { name, startMs, endMs }
}
