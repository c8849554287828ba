import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { type Forecast, forecastOf } from '../../../src/api/usage/forecast.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Divisible by a day's milliseconds and by one to four weeks, so that nothing is rounded. */
const ROUND = 12n * 86_400_000n

const utc = new Calendar('UTC')

function dayNumber(name: string): number {
  return Date.parse(name) / DAY_MS
}

function nameOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** The bytes of each day before `today`, and of today. */
function historyUpTo(
  today: string,
  days: number,
  usedOn: (day: number) => bigint,
  todays = 0n,
): Map<string, bigint> {
  const last = dayNumber(today)
  const rows = Array.from({ length: days }, (_, at): [string, bigint] => {
    const day = last - days + at
    return [nameOf(day), usedOn(day)]
  })
  return new Map([...rows, [today, todays]])
}

function at(history: ReadonlyMap<string, bigint>, instant: string, calendar = utc): Forecast {
  const nowMs = Date.parse(instant)
  return forecastOf(history, calendar.dayAt(nowMs), nowMs)
}

const days = fc.integer({ min: dayNumber('2024-01-01'), max: dayNumber('2027-12-31') }).map(nameOf)
const bytes = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0n) },
  { weight: 3, arbitrary: fc.bigInt(0n, 10n ** 12n) },
  { weight: 1, arbitrary: fc.bigInt(0n, 2n ** 60n) },
)
/** Any days with any bytes, some missing, and any instant of the last one. */
const anything = fc.record({
  today: days,
  used: fc.array(fc.option(bytes, { nil: undefined, freq: 6 }), { maxLength: 125, size: 'max' }),
  ms: fc.integer({ min: 0, max: DAY_MS - 1 }),
})

function rowsOf({ today, used }: { today: string; used: readonly (bigint | undefined)[] }) {
  const end = dayNumber(today)
  return new Map(
    used.flatMap((moved, ago): [string, bigint][] =>
      moved === undefined ? [] : [[nameOf(end - ago), moved]],
    ),
  )
}

describe('a forecast', () => {
  it('is never below what is used already, and neither is its lower limit', () => {
    let intervals = 0
    fc.assert(
      fc.property(anything, ({ today, used, ms }) => {
        const made = forecastOf(rowsOf({ today, used }), utc.dayNamed(today), dayNumber(today) * DAY_MS + ms)
        const month = used.filter((_, ago) => nameOf(dayNumber(today) - ago).startsWith(today.slice(0, 7)))
        expect(made.used).toBe(month.reduce<bigint>((sum, moved) => sum + (moved ?? 0n), 0n))
        expect(made.forecast === null || made.forecast >= made.used).toBe(true)
        expect(made.forecast === null && made.low !== null).toBe(false)
        expect(made.low === null).toBe(made.high === null)
        if (made.low === null || made.high === null || made.forecast === null) return
        intervals++
        expect(made.low).toBeGreaterThanOrEqual(made.used)
        expect(made.low).toBeLessThanOrEqual(made.forecast)
        expect(made.high).toBeGreaterThanOrEqual(made.forecast)
      }),
    )
    expect(intervals).toBeGreaterThan(10)
  })

  it('of a steady history is the exact sum, with an error of 0', () => {
    fc.assert(
      fc.property(
        days,
        fc.bigInt(1n, 10n ** 6n),
        fc.integer({ min: 0, max: DAY_MS - 1 }),
        (today, rounds, ms) => {
          const daily = rounds * ROUND
          const history = historyUpTo(today, 120, () => daily, (daily * BigInt(ms)) / BigInt(DAY_MS))
          const made = forecastOf(history, utc.dayNamed(today), dayNumber(today) * DAY_MS + ms)
          const [year = 0, month = 0] = today.split('-').map(Number)
          const sum = BigInt(new Date(Date.UTC(year, month, 0)).getUTCDate()) * daily
          expect(made).toMatchObject({
            forecast: sum,
            low: sum,
            high: sum,
            errorPercent: 0,
            historyDays: 119,
          })
        },
      ),
    )
  })

  it('scales with its history, and its error in percent stays the same', () => {
    fc.assert(
      fc.property(anything, fc.bigInt(2n, 10n ** 5n), ({ today, used, ms }, times) => {
        // A multiple of every divisor, so that nothing is rounded.
        const one = used.map(moved => (moved === undefined ? undefined : (moved % 10n ** 6n) * ROUND))
        const many = one.map(moved => (moved === undefined ? undefined : moved * times))
        const now = [utc.dayNamed(today), dayNumber(today) * DAY_MS + ms] as const
        const made = forecastOf(rowsOf({ today, used: one }), ...now)
        const large = forecastOf(rowsOf({ today, used: many }), ...now)
        const scaled = (it: bigint | null) => (it === null ? null : it * times)
        expect([large.used, large.forecast]).toEqual([scaled(made.used), scaled(made.forecast)])
        expect([large.errorPercent, large.historyDays]).toEqual([made.errorPercent, made.historyDays])
        // A margin is a share of a forecast, rounded down.
        expect(large.low === null).toBe(made.low === null)
        if (made.low === null || made.high === null) return
        for (const off of [made.low * times - (large.low ?? 0n), (large.high ?? 0n) - made.high * times]) {
          expect(off).toBeGreaterThanOrEqual(0n)
          expect(off).toBeLessThan(times)
        }
      }),
    )
  })

  it('knows weekdays: equal weeks are forecast exactly, after the first week', () => {
    const week = [70n, 10n, 11n, 12n, 13n, 30n, 0n].map(it => it * ROUND)
    const usedOn = (day: number) => week[day % 7] ?? 0n
    fc.assert(
      fc.property(days, fc.integer({ min: 8, max: 120 }), (today, known) => {
        const [year = 0, month = 0] = today.split('-').map(Number)
        const [first, end] = [Date.UTC(year, month - 1, 1) / DAY_MS, Date.UTC(year, month, 1) / DAY_MS]
        const made = at(historyUpTo(today, known, usedOn), `${today}T00:00Z`)
        const begun = dayNumber(today) - known
        let sum = 0n
        for (let day = Math.max(first, begun); day < end; day++) sum += usedOn(day)
        expect(made.forecast).toBe(sum)
        expect(made.errorPercent === null || made.errorPercent === 0).toBe(true)
      }),
    )
  })

  it.each([
    ['2026-02-10', 28],
    ['2024-02-10', 29],
    ['2026-11-10', 30],
    ['2026-12-10', 31],
  ])('of the month of %s is of %d days', (today, length) => {
    expect(
      at(
        historyUpTo(today, 60, () => ROUND),
        `${today}T00:00Z`,
      ).forecast,
    ).toBe(BigInt(length) * ROUND)
  })

  it('of the last day estimates only the rest of that day', () => {
    const history = historyUpTo('2026-11-30', 100, () => ROUND, 5n)
    expect(at(history, '2026-11-30T18:00Z').forecast).toBe(29n * ROUND + 5n + ROUND / 4n)
    expect(at(history, '2026-11-30T23:59:59.999Z').forecast).toBe(29n * ROUND + 5n + 12n)
  })

  it.each([
    ['2026-03-29T12:00+02:00', 12, 23],
    ['2026-10-25T12:00+01:00', 12, 25],
    ['2026-10-26T12:00+01:00', 12, 24],
  ])('at %s has %d hours of %d left of the day', (instant, left, hours) => {
    const today = instant.slice(0, 10)
    const daily = BigInt(hours * HOUR_MS) * 12n
    const made = at(
      historyUpTo(today, 40, () => daily),
      instant,
      new Calendar('Europe/Berlin'),
    )
    const whole = BigInt(31 - 1) * daily
    expect(made.forecast).toBe(whole + BigInt(left * HOUR_MS) * 12n)
  })

  it('counts a day without a row as 0 bytes, after the first row', () => {
    const today = '2026-11-20'
    const every = historyUpTo(today, 60, day => (day % 2 === 0 ? 28n * ROUND : 0n))
    const some = new Map(
      [...every].filter(([day, moved]) => moved > 0n || day === nameOf(dayNumber(today) - 60)),
    )
    expect(some.size).toBeLessThan(35)
    expect(at(some, `${today}T00:00Z`)).toEqual(at(every, `${today}T00:00Z`))
  })

  it('ignores the first day of a history, which may be incomplete', () => {
    const begun = historyUpTo('2026-11-20', 8, () => ROUND)
    begun.set('2026-11-12', 1n)
    expect(at(begun, '2026-11-20T00:00Z').forecast).toBe(1n + 18n * ROUND)
  })

  it('ignores rows of future days', () => {
    const history = historyUpTo('2026-11-20', 60, () => ROUND)
    const later = new Map([['2026-11-21', 9n * ROUND], ...history, ['2026-12-01', ROUND]])
    expect(at(later, '2026-11-20T09:00Z')).toEqual(at(history, '2026-11-20T09:00Z'))
  })

  it('of an idle subscriber is 0, with earlier bytes as its upper limit', () => {
    const once = dayNumber('2026-02-01') - 119 + 62
    const idle = historyUpTo('2026-02-01', 120, day => (day === once ? 100n * ROUND : 0n))
    expect(at(idle, '2026-02-01T00:00Z')).toMatchObject({ forecast: 0n, low: 0n, high: 100n * ROUND })
  })

  it('is exact beyond 2^53', () => {
    const daily = ROUND * 10n ** 9n + ROUND
    expect(daily).toBeGreaterThan(2n ** 53n)
    const made = at(
      historyUpTo('2026-11-15', 60, () => daily, 1n),
      '2026-11-15T00:00Z',
    )
    expect([made.used, made.forecast]).toEqual([14n * daily + 1n, 30n * daily + 1n])
  })
})

describe('what is unknown is null', () => {
  const nothing = { forecast: null, low: null, high: null, errorPercent: null }

  it('a user without bytes', () => {
    expect(at(new Map(), '2026-11-20T09:00Z')).toEqual({ used: 0n, ...nothing, historyDays: 0 })
  })

  it('a user who began yesterday', () => {
    const history = historyUpTo('2026-11-20', 1, () => 5n, 7n)
    expect(at(history, '2026-11-20T09:00Z')).toEqual({ used: 12n, ...nothing, historyDays: 0 })
  })

  it('a forecast needs seven complete days', () => {
    const knowing = (known: number) =>
      at(
        historyUpTo('2026-11-20', known, () => 5n),
        '2026-11-20T09:00Z',
      )
    expect(knowing(7)).toMatchObject({ ...nothing, historyDays: 6 })
    expect(knowing(8)).toMatchObject({ low: null, high: null, errorPercent: null, historyDays: 7 })
    expect(knowing(8).forecast).not.toBeNull()
  })

  it('an error needs 28 earlier days with as much of a month before and after them', () => {
    // On the 20th: 19 days before and 10 after, so 57 complete days have 28 such days.
    const knowing = (known: number) =>
      at(
        historyUpTo('2026-11-20', known, () => 5n),
        '2026-11-20T09:00Z',
      )
    expect(knowing(57)).toMatchObject({ errorPercent: null, low: null, historyDays: 56 })
    expect(knowing(58)).toMatchObject({ errorPercent: 0, historyDays: 57 })
    // On the 2nd: a week to forecast from, and 28 days after.
    const early = (known: number) =>
      at(
        historyUpTo('2026-11-02', known, () => 5n),
        '2026-11-02T09:00Z',
      )
    expect(early(63)).toMatchObject({ errorPercent: null, historyDays: 62 })
    expect(early(64)).toMatchObject({ errorPercent: 0, historyDays: 63 })
  })

  it('a month of 0 bytes that was forecast as 0 has no error', () => {
    const idle = historyUpTo('2026-11-25', 120, day => (day < dayNumber('2026-07-31') ? 5n : 0n))
    expect(at(idle, '2026-11-25T09:00Z')).toMatchObject({ used: 0n, forecast: 0n, high: 0n, errorPercent: 0 })
  })

  it('an error in percent of 0', () => {
    // For 28 days after each day of use something was forecast, but nothing was used: 56 of 85 earlier days.
    const used = [6, 62, 118].map(complete => dayNumber('2026-02-01') - 119 + complete)
    const rare = historyUpTo('2026-02-01', 120, day => (used.includes(day) ? 100n * ROUND : 0n))
    const made = at(rare, '2026-02-01T00:00Z')
    expect(made).toMatchObject({ used: 0n, low: 0n, errorPercent: null })
    expect(made.high).toBeGreaterThan(made.forecast ?? 0n)
  })
})

describe('the error of a forecast', () => {
  /** Twice as many bytes in every second fortnight. */
  const fortnights = (day: number) => (day % 28 < 14 ? ROUND : 3n * ROUND)

  it('is that of the forecasts on earlier days, checked by hand', () => {
    const [today, known] = ['2026-11-20', 120]
    const made = at(historyUpTo(today, known, fortnights), `${today}T00:00Z`)
    const end = dayNumber(today)
    const sum = (from: number, to: number) => {
      let moved = 0n
      for (let day = from; day < to; day++) moved += fortnights(day)
      return Number(moved / ROUND)
    }
    const [percents, shares]: [number[], number[]] = [[], []]
    for (let day = end - known + 1 + 19; day + 11 <= end; day++) {
      const forecast = sum(day - 19, day) + daysExpected(day, end - known + 1)
      const actual = sum(day - 19, day + 11)
      percents.push((100 * Math.abs(forecast - actual)) / actual)
      shares.push(Math.abs(forecast - actual) / forecast)
    }
    percents.sort((a, b) => a - b)
    shares.sort((a, b) => a - b)
    expect(percents.length).toBe(90)
    expect(made.errorPercent).toBeCloseTo(percents[45] ?? Number.NaN, 1)
    expect(made.errorPercent).toBeGreaterThan(5)
    const margin = (shares[80] ?? Number.NaN) * Number(made.forecast)
    expect(Number(made.high)).toBeCloseTo(Number(made.forecast) + margin, -6)
    const low = Math.max(Number(made.used), Number(made.forecast) - margin)
    expect(Number(made.low)).toBeCloseTo(low, -6)
  })

  /** Eleven days from `day`, each the mean of its weekday in up to four weeks before `day`, but not before `first`. */
  function daysExpected(day: number, first: number): number {
    let expected = 0
    for (let later = day; later < day + 11; later++) {
      const same = []
      for (let at = later - 7; at >= first && same.length < 4; at -= 7)
        if (at < day) same.push(Number(fortnights(at) / ROUND))
      expected += same.reduce((total, moved) => total + moved, 0) / same.length
    }
    return expected
  }

  it('gives an interval that holds four in five future months', () => {
    let [within, asked] = [0, 0]
    for (let seed = 1; seed <= 40; seed++) {
      const usedOn = (day: number) =>
        (ROUND * BigInt(1 + (Math.imul(day * 40 + seed, 2654435761) >>> 22))) / 100n
      const made = at(historyUpTo('2026-11-10', 120, usedOn), '2026-11-10T00:00Z')
      let actual = 0n
      for (let day = dayNumber('2026-11-01'); day < dayNumber('2026-12-01'); day++) actual += usedOn(day)
      asked++
      if (made.low !== null && made.high !== null && made.low <= actual && actual <= made.high) within++
    }
    expect(within / asked).toBeGreaterThanOrEqual(0.7)
  })
})
