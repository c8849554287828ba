import type { Parameters } from '../http/parameters.ts'

/** A tenant's days, both included. */
export interface DayRange {
  readonly from: string
  readonly to: string
}

const DAY_MS = 86_400_000

/**
 * The days that are asked for: this month where none is named; from the first of its month to a last day; from a
 * first day to today, or that day alone where it is yet to come.
 */
export function daysAsked(parameters: Parameters, today: string): DayRange | undefined {
  const { from, to } = { from: parameters.day('from'), to: parameters.day('to') }
  if (from === undefined && to === undefined) return { from: firstOfMonth(today), to: lastOfMonth(today) }
  if (from === undefined) return to === undefined ? undefined : { from: firstOfMonth(to), to }
  const last = to ?? (from > today ? from : today)
  return from <= last ? { from, to: last } : parameters.fault('from', 'is after to')
}

/** A fault where there are more than `most`. @param by what they are told by */
export function checkLength(parameters: Parameters, { from, to }: DayRange, most: number, by: string): void {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1
  if (days > most)
    parameters.fault('from', `and to are ${days} days: by ${by} ${most} can be asked for at once`)
}

export function firstOfMonth(day: string): string {
  return `${day.slice(0, 7)}-01`
}

function lastOfMonth(day: string): string {
  const [year, month] = day.split('-').map(Number)
  return new Date(Date.UTC(year ?? 0, month ?? 0, 0)).toISOString().slice(0, 10)
}
