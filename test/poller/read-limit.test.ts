import { describe, expect, it } from 'vitest'
import { ReadLimit } from '../../src/poller/read-limit.ts'
import { HandClock } from '../runtime/hand-clock.ts'

/** Work that begins when it gets a place, and ends when the test says so. */
class Work {
  hasBegun = false
  end: () => void = () => {}
  fail: (error: Error) => void = () => {}

  readonly run = () => {
    this.hasBegun = true
    return new Promise<void>((resolve, reject) => {
      this.end = resolve
      this.fail = reject
    })
  }
}

function crowd(count: number, concurrency: number) {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const readLimit = new ReadLimit({ concurrency, clock })
  const works = Array.from({ length: count }, () => new Work())
  const passes = works.map(work => readLimit.pass(work.run))
  const begun = () => works.filter(work => work.hasBegun).length
  return { clock, works, passes, begun }
}

describe('routers being read at the same time', () => {
  it('are limited by the config, and the next begins when one is done', async () => {
    const { clock, works, passes, begun } = crowd(5, 2)
    await clock.turn(0)
    expect(begun()).toBe(2)
    works[1]?.end()
    await passes[1]
    await clock.turn(0)
    expect(begun()).toBe(3)
    for (const work of works) {
      work.end()
      await clock.turn(0)
    }
    await Promise.all(passes)
    expect(clock.sleepers).toBe(0)
  })

  it('give their place to another after a second, and are still waited for', async () => {
    const { clock, works, passes, begun } = crowd(3, 1)
    await clock.turn(999)
    expect(begun()).toBe(1)
    await clock.turn(1)
    expect(begun()).toBe(2)
    await clock.turn(1_000)
    expect(begun()).toBe(3)
    for (const work of works) work.end()
    await Promise.all(passes)
    await clock.turn(0)
    expect(clock.sleepers).toBe(0)
  })

  it('give their place back when they fail', async () => {
    const { clock, works, passes, begun } = crowd(2, 1)
    await clock.turn(0)
    works[0]?.fail(new Error('refused'))
    await expect(passes[0]).rejects.toThrow('refused')
    await clock.turn(0)
    expect(begun()).toBe(2)
    works[1]?.end()
    await passes[1]
    await clock.turn(0)
    expect(clock.sleepers).toBe(0)
  })
})
