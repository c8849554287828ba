import { describe, expect, it } from 'vitest'
import { Nap } from '../../src/runtime/nap.ts'
import { HandClock } from './hand-clock.ts'

function napping() {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const stop = new AbortController()
  const nap = new Nap(clock)
  return { clock, nap, stop, sleep: () => nap.sleep(1_000, stop.signal) }
}

describe('a nap', () => {
  it('lasts as long as it should', async () => {
    const { clock, sleep } = napping()
    const slept = sleep()
    await clock.turn(999)
    expect(clock.sleepers).toBe(1)
    await clock.turn(1)
    expect(await slept).toBe(false)
  })

  it('ends when it is woken', async () => {
    const { clock, nap, sleep } = napping()
    const slept = sleep()
    nap.wake()
    expect(await slept).toBe(true)
    expect(clock.sleepers).toBe(0)
  })

  it('does not begin after an earlier wakeup, which counts once', async () => {
    const { clock, nap, sleep } = napping()
    nap.wake()
    nap.wake()
    expect(await sleep()).toBe(true)
    const slept = sleep()
    await clock.turn(1_000)
    expect(await slept).toBe(false)
  })

  it('ends with its signal, and does not begin after it', async () => {
    const { clock, stop, sleep } = napping()
    const slept = sleep()
    stop.abort()
    expect(await slept).toBe(false)
    expect(await sleep()).toBe(false)
    expect(clock.sleepers).toBe(0)
  })
})
