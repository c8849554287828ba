import { beforeEach, describe, expect, it } from 'vitest'
import { Deadline } from '../../../src/routeros/wire/deadline.ts'

let nowMs: number
let timer: { over: () => void; ms: number }
let overs: number

/** A process whose clock the test sets. Its timers fire when the test says so, late or not. */
const timing = {
  nowMs: () => nowMs,
  setTimeout(over: () => void, ms: number) {
    timer = { over, ms }
    return setTimeout(() => {}, 0)
  },
}

function fires(afterMs: number): void {
  nowMs += afterMs
  timer.over()
}

beforeEach(() => {
  nowMs = 5_000
  overs = 0
  new Deadline(3_000, () => overs++, timing)
})

describe('a deadline', () => {
  it('is over when its time is', () => {
    expect(timer.ms).toBe(3_000)
    fires(3_010)
    expect(overs).toBe(1)
  })

  it('is put off by as long as the process did not run', () => {
    fires(3_000 + 2_600)
    expect([overs, timer.ms]).toEqual([0, 2_600])
    fires(2_605)
    expect(overs).toBe(1)
  })

  it('is put off by no more than its own time at once', () => {
    fires(3_000 + 60_000)
    expect([overs, timer.ms]).toEqual([0, 3_000])
    fires(3_000)
    expect(overs).toBe(1)
  })
})
