import { describe, expect, it } from 'vitest'
import { retryWaitMs } from '../../src/poller/retry-wait.ts'

const FAILURES = [1, 2, 3, 4, 5, 6, 7, 1_000]

describe('a failed router', () => {
  it('is retried after a wait that doubles, up to half a minute', () => {
    expect(FAILURES.map(failures => retryWaitMs(failures, true, 0))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
    ])
  })

  it('with a refused login is left alone for longer, up to ten minutes', () => {
    expect(FAILURES.map(failures => retryWaitMs(failures, false, 0))).toEqual([
      10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000,
    ])
  })

  it('does not come back in step with the others behind the same link', () => {
    expect([0, 0.25, 0.5, 0.999].map(random => retryWaitMs(3, true, random))).toEqual([
      4_000, 3_500, 3_000, 2_002,
    ])
  })
})
