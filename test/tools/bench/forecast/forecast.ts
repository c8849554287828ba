import { type Forecast, forecastOf } from '../../../../src/api/usage/forecast.ts'
import type { Bench, Figure } from '../figure.ts'
import { median } from '../measure.ts'
import { CANDIDATES, type Expecting } from './candidates.ts'
import { type GeneratedHistory, generatedHistories } from './histories.ts'

const OF_EACH_KIND = 15
const DAYS_OF_MONTH = [5, 10, 15, 20, 25] as const
const DAY_MS = 86_400_000
const KNOWN_DAYS = 120
/** The share of a day's bytes that have moved by noon: evenings are the busiest. */
const BY_NOON = 0.4
const OURS = 'mean of the weekday, 4 weeks (forecastOf)'
const PLAIN = 'mean of 28 days'

export const FORECAST: Bench = {
  name: 'forecast',
  about: 'how far a forecast of the month is off, in percent of the month, against other ways to make one',
  async run(bench) {
    const histories = generatedHistories(OF_EACH_KIND)
    const kinds = new Set(histories.map(({ kind }) => kind))
    bench.say(`${histories.length} generated histories of two years: ${[...kinds].join(', ')}`)
    const questions = histories.flatMap(questionsOf)
    bench.say(`${questions.length} months' ends, each of noon on one of the days ${DAYS_OF_MONTH.join(', ')}`)
    return [...errorFigures(questions), ...DAYS_OF_MONTH.flatMap(day => intervalFigures(day, questions))]
  },
}

/** A moment of a past month. Bytes. */
interface Question {
  readonly dayOfMonth: number
  /** Days left in the month after this one. */
  readonly after: number
  readonly used: number
  /** Complete days, beginning with the second day that had usage. */
  readonly days: readonly number[]
  readonly actual: number
  readonly ours: Forecast
}

/** Moments of the last 18 months with a week of history and some usage. */
function questionsOf(history: GeneratedHistory): readonly Question[] {
  return Array.from({ length: 18 }, (_, month) => Date.UTC(2024, 6 + month, 1)).flatMap(firstMs =>
    DAYS_OF_MONTH.flatMap(dayOfMonth => questionOf(history, firstMs, dayOfMonth) ?? []),
  )
}

function questionOf(
  { bytes, firstMs }: GeneratedHistory,
  monthMs: number,
  dayOfMonth: number,
): Question | undefined {
  const first = new Date(monthMs)
  const monthDays = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  const begin = (monthMs - firstMs) / DAY_MS
  const today = begin + dayOfMonth - 1
  const soFar = Math.floor((bytes[today] ?? 0) * BY_NOON)
  const known = bytes.slice(0, today)
  const from = known.findIndex((used, day) => day >= today - KNOWN_DAYS && used > 0)
  const days = from < 0 ? [] : known.slice(from + 1)
  const actual = sumOf(bytes.slice(begin, begin + monthDays))
  if (days.length < 7 || actual === 0) return undefined
  const nameOf = (day: number) => new Date(firstMs + day * DAY_MS).toISOString().slice(0, 10)
  const rows = [...known, soFar].flatMap((used, day): [string, bigint][] =>
    day >= from && used > 0 ? [[nameOf(day), BigInt(used)]] : [],
  )
  const startMs = firstMs + today * DAY_MS
  const at = { name: nameOf(today), startMs, endMs: startMs + DAY_MS }
  const ours = forecastOf(new Map(rows), at, startMs + DAY_MS / 2)
  const used = sumOf(bytes.slice(begin, today)) + soFar
  return { dayOfMonth, after: monthDays - dayOfMonth, used, days, actual, ours }
}

const WAYS = new Map<string, (question: Question) => number>([
  [OURS, ({ ours }) => Number(ours.forecast)],
  ...Array.from(CANDIDATES, ([name, expecting]) => [name, forecastBy(expecting)] as const),
])

/** The error of each way on each day of the month, and the mean over those days; the daemon's own first. */
function errorFigures(questions: readonly Question[]): readonly Figure[] {
  const onDays = DAYS_OF_MONTH.map(day => {
    const those = questions.filter(({ dayOfMonth }) => dayOfMonth === day)
    const percents = Array.from(WAYS, ([name, way]): [string, number] => [
      name,
      median(those.map(question => percentOff(way(question), question.actual))),
    ])
    return { when: `day ${day}`, percents: new Map(percents) }
  })
  const means = Array.from(WAYS.keys(), (name): [string, number] => [
    name,
    sumOf(onDays.map(({ percents }) => percents.get(name) ?? Number.NaN)) / onDays.length,
  ])
  return [...onDays, { when: 'all days', percents: new Map(means) }].flatMap(({ when, percents }) =>
    Array.from(percents, ([name, percent]) => ({
      ...{ name: 'forecast', metric: `${when}, ${name}`, value: percent, unit: '% off' },
      ...(name === PLAIN ? {} : { reference: PLAIN, ratio: percent / (percents.get(PLAIN) ?? Number.NaN) }),
      ...(name === OURS ? { goal: { atMost: 1 } } : {}),
    })),
  )
}

function forecastBy(expecting: Expecting): (question: Question) => number {
  return ({ days, used, after }) => {
    const expected = expecting(days)
    return used + expected(1) / 2 + sumOf(Array.from({ length: after }, (_, day) => expected(day + 2)))
  }
}

/** How often the intervals and errors of the forecasts hold. */
function intervalFigures(day: number, questions: readonly Question[]): readonly Figure[] {
  const known = questions.filter(({ dayOfMonth, ours }) => dayOfMonth === day && ours.low !== null)
  const within = known.filter(
    ({ actual, ours: { low, high } }) => actual >= Number(low) && actual <= Number(high),
  )
  const widths = known.map(({ actual, ours: { low, high } }) => (Number(high) - Number(low)) / actual)
  const lessOff = known.filter(
    ({ actual, ours }) => percentOff(Number(ours.forecast), actual) <= Number(ours.errorPercent),
  )
  const of = { name: 'forecast', unit: '%' }
  return [
    {
      ...{ ...of, metric: `day ${day}, months that end from low to high` },
      ...{ value: (100 * within.length) / known.length, goal: { atLeast: 80 } },
    },
    { ...of, metric: `day ${day}, from low to high, of the month`, value: 100 * median(widths) },
    {
      ...{ ...of, metric: `day ${day}, months off by error_percent or less` },
      ...{ value: (100 * lessOff.length) / known.length, goal: { atLeast: 45 } },
    },
  ]
}

function percentOff(forecast: number, actual: number): number {
  return (100 * Math.abs(forecast - actual)) / actual
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
