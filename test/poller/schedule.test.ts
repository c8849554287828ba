import { afterEach, describe, expect, it, vi } from 'vitest'
import { Schedule } from '../../src/poller/schedule.ts'
import type { Slot } from '../../src/poller/slot.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { timers, untilNoTimer } from '../runtime/timers.ts'

const EVERY_SECOND = '* * * * * *'
const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  vi.useRealTimers()
})

/** Ticks by the real clock; the offsets within the interval are slept on the test's clock. */
function running(options: { isSpread: boolean; expression?: string; startAt?: string }) {
  const clock = new HandClock(options.startAt ?? '2026-03-01T00:00:00Z')
  const schedule = new Schedule(options.expression ?? EVERY_SECOND, { isSpread: options.isSpread, clock })
  const stop = new AbortController()
  const ended = schedule.run(stop.signal)
  ends.push(async () => {
    stop.abort()
    await ended
    expect(clock.sleepers).toBe(0)
  })
  return { clock, schedule, stop, ended }
}

function nextTick(slot: Slot): Promise<void> {
  return slot.next(new AbortController().signal)
}

describe('routers of one schedule', () => {
  it('are spread evenly over its interval', () => {
    const { schedule } = running({ isSpread: true })
    const fractions = Array.from({ length: 8 }, () => schedule.join().fraction)
    expect(fractions).toEqual([0, 0.5, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875])
  })

  it('keep their slots when others come and go, and new ones take free slots', () => {
    const { schedule } = running({ isSpread: true })
    const [first, second, third] = [schedule.join(), schedule.join(), schedule.join()]
    second.leave()
    expect([first.fraction, third.fraction]).toEqual([0, 0.25])
    expect(schedule.join().fraction).toBe(0.5)
    expect(schedule.join().fraction).toBe(0.75)
  })

  it('are all read at the tick itself if they are not spread', () => {
    const { schedule } = running({ isSpread: false })
    expect([schedule.join().fraction, schedule.join().fraction]).toEqual([0, 0])
  })

  it('tick at their own offset in the interval, with one timer for all of them', async () => {
    const { clock, schedule } = running({ isSpread: true })
    const places = Array.from({ length: 100 }, () => schedule.join())
    const [first, half] = places
    if (!first || !half) throw new Error('no places')
    let isHalfTicked = false
    const halfTicked = nextTick(half).then(() => {
      isHalfTicked = true
    })
    await nextTick(first)
    await clock.turn(0)
    // The guard against late ticks, and the round's own timer.
    expect(clock.sleepers).toBe(2)
    await clock.turn(499)
    expect(isHalfTicked).toBe(false)
    await clock.turn(1)
    await halfTicked
  })

  it('that join during an interval tick in it, if their time is still to come', async () => {
    const { clock, schedule } = running({ isSpread: true })
    await nextTick(schedule.join())
    await clock.turn(300)
    const [half, quarter, threeQuarters] = [schedule.join(), schedule.join(), schedule.join()]
    expect([half, quarter, threeQuarters].map(it => it.fraction)).toEqual([0.5, 0.25, 0.75])
    await clock.turn(200)
    expect([half, quarter, threeQuarters].map(it => it.skipped)).toEqual([1, 0, 0])
    await clock.turn(250)
    expect([half, quarter, threeQuarters].map(it => it.skipped)).toEqual([1, 0, 1])
  })

  it('that are there at the start tick in the interval under way', async () => {
    const at = '2026-03-01T12:15:00Z'
    vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true, now: new Date(at) })
    const { clock, schedule } = running({ isSpread: true, expression: '0 0 * * * *', startAt: at })
    const [whole, half] = [schedule.join(), schedule.join()]
    await clock.turn(15 * 60_000 - 1)
    expect(half.skipped).toBe(0)
    await clock.turn(1)
    expect([whole.skipped, half.skipped]).toEqual([0, 1])
  })

  it('do not tick after they have left', async () => {
    const { clock, schedule } = running({ isSpread: true })
    const [first, half] = [schedule.join(), schedule.join()]
    await nextTick(first)
    half.leave()
    await clock.turn(999)
    expect(half.skipped).toBe(0)
  })
})

describe('the wall clock', () => {
  it('set back by an hour stops the polls for at most an interval and two seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true, now: new Date('2026-03-01T12:00:00.500Z') })
    const { clock, schedule } = running({ isSpread: false })
    const slot = schedule.join()
    await nextTick(slot)
    vi.setSystemTime('2026-03-01T11:00:00.500Z')
    const ticked = nextTick(slot)
    await clock.turn(3_000)
    await clock.turn(3_000)
    await ticked
  })
})

describe('a schedule that ends', () => {
  it('wakes sleepers, and leaves no timer behind', async () => {
    const { clock, schedule, stop, ended } = running({ isSpread: true, expression: '*/2 * * * * *' })
    const [first] = [schedule.join(), schedule.join()]
    await nextTick(first)
    await clock.turn(0)
    expect(timers()).toBeGreaterThan(0)
    stop.abort()
    await ended
    await untilNoTimer()
    expect(clock.sleepers).toBe(0)
  })
})
