import type { Parameters } from '../http/parameters.ts'

/** The first and the last of some days of a tenant. */
export interface DayRange {
  readonly from: string
  readonly to: string
}

const DAY_MS = 86_400_000

/**
 * The days of a question. Without `from` and `to` this month; with `to` only, from the first of its month; with `from`
 * only, until today, or that day alone if it is in the future.
 */
export function daysAsked(parameters: Parameters, today: string): DayRange | undefined {
  const { from, to } = { from: parameters.day('from'), to: parameters.day('to') }
  if (from === undefined && to === undefined) return { from: firstOfMonth(today), to: lastOfMonth(today) }
  if (from === undefined) return to === undefined ? undefined : { from: firstOfMonth(to), to }
  const last = to ?? (from > today ? from : today)
  return from <= last ? { from, to: last } : parameters.fault('from', 'is after to')
}

/** Adds a fault if there are more than `most` days. @param by what each row is for, such as `day` */
export function checkLength(parameters: Parameters, { from, to }: DayRange, most: number, by: string): void {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1
  if (days > most) parameters.fault('from', `and to span ${days} days: by ${by} at most ${most} are possible`)
}

export function firstOfMonth(day: string): string {
  return `${day.slice(0, 7)}-01`
}

function lastOfMonth(day: string): string {
  const [year, month] = day.split('-').map(Number)
  return new Date(Date.UTC(year ?? 0, month ?? 0, 0)).toISOString().slice(0, 10)
}
