import { median } from '../measure.ts'

/**
 * The expected usage of a day.
 * @param days complete days, at least a week, earliest first
 * @param later number of days after the last of them, 1 for the next
 */
export type Expecting = (days: readonly number[]) => (later: number) => number

/** Ways to forecast days, besides the daemon's own. */
export const CANDIDATES: ReadonlyMap<string, Expecting> = new Map<string, Expecting>([
  ['mean of 28 days', days => always(mean(days.slice(-28)))],
  ['mean of 14 days', days => always(mean(days.slice(-14)))],
  ['mean of the weekday, 8 weeks', days => byWeekday(days, 8, mean)],
  ['median of 28 days', days => always(median(days.slice(-28)))],
  ['median of the weekday, 8 weeks', days => byWeekday(days, 8, median)],
  ['recent days the most, half by 14 days', days => always(recent(days, 14))],
  ['recent weeks the most, half by 2 weeks', days => byWeekday(days, 8, same => recent(same, 2))],
])

function always(bytes: number): (later: number) => number {
  return () => bytes
}

function byWeekday(
  days: readonly number[],
  weeks: number,
  usual: (same: readonly number[]) => number,
): (later: number) => number {
  const week = Array.from({ length: 7 }, (_, at) => {
    const last = days.length + at - 7
    const from = Math.max(last % 7, last - 7 * (weeks - 1))
    return usual(days.filter((_, day) => day >= from && day <= last && (last - day) % 7 === 0))
  })
  return later => week[(later - 1) % 7] ?? 0
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** A mean in which a value that is `half` positions older counts half as much. */
function recent(values: readonly number[], half: number): number {
  const weights = values.map((_, at) => 2 ** ((at - values.length) / half))
  const weighed = values.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0)
  return weighed / weights.reduce((sum, weight) => sum + weight, 0)
}
