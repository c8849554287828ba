import { type Calendar, QUARTER_HOUR_MS } from '../../accounting/calendar.ts'

/** One hour of a tenant's clocks, or a part of one if they were set during it. */
export interface Hour {
  readonly startMs: number
  /** The local time at its start, with the offset from UTC: `2026-11-24T13:00+03:00`. */
  readonly local: string
}

const HOUR_MS = 60 * 60_000

/**
 * The hours of a zone from `startMs` to before `endMs`, which are both ends of days. An hour begins when the clocks show
 * a full hour, and when they are set: the hour that comes twice in autumn is two, and one that is cut by Lord Howe's half
 * hour is listed in two parts.
 */
export function hoursOf(calendar: Calendar, startMs: number, endMs: number): readonly Hour[] {
  const offsetAt = offsetsOf(calendar.timezone)
  const hours: Hour[] = []
  for (let day = calendar.dayAt(startMs); day.startMs < endMs; day = calendar.dayAt(day.endMs)) {
    // Offsets are looked up for every quarter only on days on which the clocks are set.
    const first = offsetAt(day.startMs)
    const isPlain = first === offsetAt(day.endMs - QUARTER_HOUR_MS)
    let before: number | undefined
    for (let ms = day.startMs; ms < day.endMs; ms += QUARTER_HOUR_MS) {
      const offset = isPlain ? first : offsetAt(ms)
      if (offset !== before || (ms + offset) % HOUR_MS === 0)
        hours.push({ startMs: ms, local: localTime(ms, offset) })
      before = offset
    }
  }
  return hours
}

/** The zone's offset from UTC in milliseconds, valid at quarters of an hour (docs/accounting.md rule 17). */
function offsetsOf(timezone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  return ms => {
    const parts = format.formatToParts(ms)
    const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find(it => it.type === type)?.value)
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute')) - ms
  }
}

function localTime(ms: number, offset: number): string {
  const clocks = new Date(ms + offset).toISOString().slice(0, 16)
  const ahead = new Date(Math.abs(offset)).toISOString().slice(11, 16)
  return `${clocks}${offset < 0 ? '-' : '+'}${ahead}`
}
