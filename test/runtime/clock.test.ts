import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/runtime/clock.ts'
import { timers } from './timers.ts'

describe('a sleep', () => {
  it('takes as long as requested', async () => {
    const startMs = systemClock.steadyMs()
    await systemClock.sleep(20, new AbortController().signal)
    // Timers have whole milliseconds.
    expect(systemClock.steadyMs() - startMs).toBeGreaterThanOrEqual(19)
  })

  it('ends at once when its signal aborts, and leaves no timer and no listener', async () => {
    const before = timers()
    const stop = new AbortController()
    const sleep = systemClock.sleep(3_600_000, stop.signal)
    expect(timers()).toBe(before + 1)
    stop.abort()
    await sleep
    expect(timers()).toBe(before)
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0)
    await systemClock.sleep(3_600_000, stop.signal)
  })

  it('may be a month long, which is more than a timer of Node supports', async () => {
    const stop = new AbortController()
    let isAwake = false
    const sleep = systemClock.sleep(31 * 86_400_000, stop.signal).then(() => {
      isAwake = true
    })
    await systemClock.sleep(5, new AbortController().signal)
    expect(isAwake).toBe(false)
    stop.abort()
    await sleep
  })

  it('of no time or less ends at once', async () => {
    await systemClock.sleep(0, new AbortController().signal)
    await systemClock.sleep(-1_000, new AbortController().signal)
  })
})

describe('the steady clock', () => {
  it('begins at the wall clock’s time', () => {
    expect(Math.abs(systemClock.steadyMs() - systemClock.now().getTime())).toBeLessThan(60_000)
  })
})
