import type { Day } from '../../accounting/calendar.ts'

/** What a month is going to end at. Bytes. */
export interface Forecast {
  /** This month, up to now. */
  readonly used: bigint
  /** At the month's end; `null` where fewer than seven complete days are known. */
  readonly forecast: bigint | null
  /** What nine in ten of the back-test's errors keep within; `null` where there are too few. */
  readonly low: bigint | null
  readonly high: bigint | null
  /**
   * By how much forecasts of this very history were off, half of them by less, in percent of what the month came to;
   * one decimal. `null` where there are too few, and where most had nothing to be a share of.
   */
  readonly errorPercent: number | null
  /** Complete days that it is made from. */
  readonly historyDays: number
}

/** Of each weekday; fewer where history is shorter. */
const WEEKS = 4
const FEWEST_DAYS = 7
/** The days of a back-test, each weekday four times. An interval of fewer errors is too narrow (see `bench forecast`). */
const FEWEST_ORIGINS = 28
const DAY_MS = 86_400_000

/**
 * Where the tenant's month ends if each day that is left is what its weekday was, in the mean of the last four weeks.
 *
 * Of the ways in `npm run bench -- forecast` this one is off the least over a month: by 10.5 % on the 5th, 7.4 % on the
 * 15th, 4 % on the 25th, 7.2 % in the mean. The mean of all 28 days is close to it (7.3 %), but knows no weekends. Eight
 * weeks (8.1 %) lag behind those who grow, and two (7.8 %) are too few, as is leaning on recent days (7.4 to 7.7 %). A
 * median (of weekdays 7.7 %, of all days 9.8 %) leaves out the few days on which a subscriber uses most; only in the last
 * third of a month, with little left to forecast, is a weekday's better, by 0.2 points.
 *
 * The error is this history's own: the same is done for each earlier day that has as many days of its own before it and
 * after it as today has in its month, by what was known on that day. Such months overlap, so they are fewer than they
 * seem: nine in ten of their errors hold four in five of the months to come.
 *
 * @param history bytes by day, `2026-11-24`. A day that is not there, after the first one, is one of nothing. The first
 * is not relied on, since it may have begun late
 * @param today the tenant's, whose bytes so far may be in `history`
 * @param nowMs of today. The rest of today is taken to be as busy as all of it
 */
export function forecastOf(history: ReadonlyMap<string, bigint>, today: Day, nowMs: number): Forecast {
  const at = momentOf(today, nowMs)
  const { used, days } = knownBy(history, today)
  const known = { used, historyDays: days.length }
  if (days.length < FEWEST_DAYS)
    return { ...known, forecast: null, low: null, high: null, errorPercent: null }
  const rest = restOf(at, usualAfter(days, days.length))
  const forecast = used + rest
  const tests = backTests(days, at)
  if (tests.length < FEWEST_ORIGINS) return { ...known, forecast, low: null, high: null, errorPercent: null }
  const margin = marginOf(tests, forecast)
  return {
    ...known,
    forecast,
    low: used + (margin < rest ? rest - margin : 0n),
    high: forecast + margin,
    errorPercent: errorPercentOf(tests),
  }
}

/** A moment of a month. */
interface Moment {
  /** Whole days of the month before today, and after it. */
  readonly before: number
  readonly after: number
  /** What is left of today, in milliseconds, of how long it is: 23 hours where clocks are set. */
  readonly leftMs: bigint
  readonly dayMs: bigint
}

function momentOf({ name, startMs, endMs }: Day, nowMs: number): Moment {
  const [year = 0, month = 0, day = 0] = name.split('-').map(Number)
  const monthDays = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const [leftMs, dayMs] = [BigInt(endMs - nowMs), BigInt(endMs - startMs)]
  return { before: day - 1, after: monthDays - day, leftMs, dayMs }
}

/** What was used this month, and on each complete day, the earliest first, up to yesterday. */
function knownBy(
  history: ReadonlyMap<string, bigint>,
  { name: today }: Day,
): { readonly used: bigint; readonly days: readonly bigint[] } {
  const month = today.slice(0, 7)
  const end = numberOf(today)
  let first = end
  let used = 0n
  for (const [day, bytes] of history) {
    if (day > today) continue
    first = Math.min(first, numberOf(day))
    if (day.startsWith(month)) used += bytes
  }
  const days = Array.from({ length: Math.max(0, end - first - 1) }, () => 0n)
  for (const [day, bytes] of history) {
    const index = numberOf(day) - first - 1
    if (index in days) days[index] = bytes
  }
  return { used, days }
}

/** One day after the other. */
function numberOf(day: string): number {
  return Date.parse(day) / DAY_MS
}

/** What is used from a moment to the month's end. @param usedOn bytes of so many days after that of the moment */
function restOf({ after, leftMs, dayMs }: Moment, usedOn: (day: number) => bigint): bigint {
  let rest = (usedOn(0) * leftMs) / dayMs
  for (let day = 1; day <= after; day++) rest += usedOn(day)
  return rest
}

/** The mean of the same weekday in the weeks before. @param end the day after the last that is known: one week at least */
function usualAfter(days: readonly bigint[], end: number): (day: number) => bigint {
  const week = Array.from({ length: 7 }, (_, day) => {
    let [sum, count] = [0n, 0n]
    for (let at = end + day - 7; at >= 0 && count < WEEKS; at -= 7) {
      sum += days[at] ?? 0n
      count++
    }
    return sum / count
  })
  return day => week[day % 7] ?? 0n
}

/** What was forecast of what would have been a month, had it begun as long before. Bytes. */
interface BackTest {
  readonly forecast: bigint
  readonly actual: bigint
}

function backTests(days: readonly bigint[], at: Moment): readonly BackTest[] {
  const tests: BackTest[] = []
  for (let day = Math.max(FEWEST_DAYS, at.before); day + at.after < days.length; day++) {
    const actual = days.slice(day - at.before, day + at.after + 1).reduce((sum, bytes) => sum + bytes, 0n)
    const rest = restOf(at, later => days[day + later] ?? 0n)
    tests.push({ forecast: actual - rest + restOf(at, usualAfter(days, day)), actual })
  }
  return tests
}

/** What nine in ten of the errors, as shares of what was forecast, come to of this forecast. */
function marginOf(tests: readonly BackTest[], forecast: bigint): bigint {
  const margins = tests.map(test => {
    const error = errorOf(test)
    return test.forecast === 0n ? error : (forecast * error) / test.forecast
  })
  margins.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return margins[Math.ceil(0.9 * margins.length) - 1] ?? 0n
}

function errorPercentOf(tests: readonly BackTest[]): number | null {
  const tenths = tests.map(test => {
    const [error, { actual }] = [errorOf(test), test]
    if (actual === 0n) return error === 0n ? 0 : Number.POSITIVE_INFINITY
    return Number((error * 1_000n + actual / 2n) / actual)
  })
  const middle = tenths.sort((a, b) => a - b)[tenths.length >> 1] ?? 0
  return middle === Number.POSITIVE_INFINITY ? null : middle / 10
}

function errorOf({ forecast, actual }: BackTest): bigint {
  return forecast < actual ? actual - forecast : forecast - actual
}
