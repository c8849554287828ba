import type { AlertPeriod, Span } from '../accounting/alert.ts'
import type { Calendar, Day } from '../accounting/calendar.ts'

/**
 * Yesterday and today. The last minutes of a day are committed after its end, and after an outage hours later.
 */
export function openDays(calendar: Calendar, now: Date): readonly [Day, Day] {
  const today = calendar.dayAt(now.getTime())
  return [calendar.dayAt(today.startMs - 1), today]
}

/** The days or months of yesterday and today. */
export function openSpans(period: AlertPeriod, calendar: Calendar, now: Date): readonly Span[] {
  const days = openDays(calendar, now).map(day => day.name)
  if (period === 'day') return days.map(day => ({ name: day, fromDay: day, toDay: day }))
  const lastDays = new Map(days.map(day => [day.slice(0, 7), day]))
  return Array.from(lastDays, ([name, toDay]) => ({ name, fromDay: `${name}-01`, toDay }))
}
