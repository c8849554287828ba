import { describe, expect, it, test } from 'vitest'
import { type Outcome, verdictOn } from '../../src/alerts/retry.ts'

const FIRST = { number: 1, ageMs: 0 }
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const LATE_MS = 24 * HOUR_MS

function answered(status: number, retryAfter?: number): Outcome {
  return { kind: 'answered', status, retryAfterMs: retryAfter }
}

const SILENT: Outcome = { kind: 'unanswered', error: 'no answer within 10 s' }

/** Time until the next attempt, without jitter; `undefined` if there is none. */
function restMs(outcome: Outcome, number = 1, random = 0): number | undefined {
  const verdict = verdictOn(outcome, { number, ageMs: 0 }, random)
  return verdict.kind === 'retry' ? verdict.afterMs : undefined
}

test.each([200, 201, 202, 204, 299])('an answer of %i is a delivery', status => {
  expect(verdictOn(answered(status), { number: 9, ageMs: LATE_MS }, 0.5)).toEqual({ kind: 'delivered' })
})

test.each([301, 302, 307, 308, 400, 401, 404, 408, 429, 500, 503, 599])('after %i it is retried', status => {
  expect(verdictOn(answered(status), FIRST, 0)).toEqual({
    ...{ kind: 'retry', afterMs: 10_000, error: `HTTP ${status}` },
  })
})

test('a mail is delivered once the server has taken it, and given up if it does not want it', () => {
  expect(verdictOn({ kind: 'accepted' }, { number: 9, ageMs: LATE_MS }, 0)).toEqual({ kind: 'delivered' })
  expect(verdictOn({ kind: 'refused', error: 'SMTP 554' }, FIRST, 0)).toEqual({
    ...{ kind: 'dead', error: 'SMTP 554' },
  })
})

test('a removed endpoint is not tried again', () => {
  expect(verdictOn(answered(410), FIRST, 0)).toEqual({ kind: 'dead', error: 'HTTP 410' })
})

describe('the rest after a failure', () => {
  it('doubles from ten seconds to an hour', () => {
    const rests = Array.from({ length: 12 }, (_, index) => (restMs(SILENT, index + 1) ?? 0) / 1_000)
    expect(rests).toEqual([10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600, 3_600])
    expect(restMs(SILENT, 100_000)).toBe(HOUR_MS)
  })

  it('is reduced by up to a half', () => {
    expect(restMs(SILENT, 2, 0.5)).toBe(15_000)
    expect(restMs(SILENT, 2, 0.999)).toBe(10_010)
  })

  it('is as long as a busy endpoint asks for, between ten seconds and an hour', () => {
    for (const status of [429, 503]) {
      expect(restMs(answered(status, 90_000), 1, 0.9)).toBe(90_000)
      expect(restMs(answered(status, 90_000), 12, 0.9)).toBe(90_000)
      expect(restMs(answered(status, 0))).toBe(10_000)
      expect(restMs(answered(status, -5_000))).toBe(10_000)
      expect(restMs(answered(status, 90 * HOUR_MS))).toBe(HOUR_MS)
      expect(restMs(answered(status, Number.POSITIVE_INFINITY))).toBe(HOUR_MS)
    }
    expect(restMs(answered(500, 90_000))).toBe(10_000)
  })
})

describe('a delivery is given up', () => {
  it('after a day of attempts', () => {
    let [atMs, number] = [0, 0]
    for (;;) {
      number++
      const verdict = verdictOn(SILENT, { number, ageMs: atMs }, 0)
      if (verdict.kind === 'retry') {
        atMs += verdict.afterMs
        continue
      }
      expect(verdict).toEqual({ kind: 'dead', error: 'no answer within 10 s' })
      break
    }
    expect(number).toBe(33)
    expect(atMs / HOUR_MS).toBeGreaterThanOrEqual(24)
    expect(atMs / HOUR_MS).toBeLessThan(25)
  })

  it('after at least five attempts, if it was old before the first one', () => {
    const kinds = [1, 2, 3, 4, 5, 6].map(number => verdictOn(SILENT, { number, ageMs: 3 * LATE_MS }, 0).kind)
    expect(kinds).toEqual(['retry', 'retry', 'retry', 'retry', 'dead', 'dead'])
  })

  it('but not because we cut it off ourselves', () => {
    expect(verdictOn({ kind: 'cut' }, { number: 40, ageMs: 3 * LATE_MS }, 0)).toEqual({
      ...{ kind: 'retry', afterMs: 0, error: 'cut off because the daemon stopped' },
    })
  })
})
