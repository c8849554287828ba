import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import type { Reading } from '../../src/accounting/reading.ts'
import { runningLoop } from './running-loop.ts'
import { Fault } from './scripted-router.ts'

describe('a router that answers', () => {
  it('is read at once when it is connected, then at each tick, over the same connection', async () => {
    const { clock, router, readings, tick, loop } = runningLoop({ isObliging: true })
    await clock.turn(0)
    expect(readings.map(reading => reading.service)).toEqual(['hotspot', 'ppp'])
    await clock.turn(5_000)
    await tick()
    expect(readings).toHaveLength(4)
    expect(router.attempts).toHaveLength(1)
    expect(loop.health).toMatchObject({
      state: 'online',
      identity: 'a router',
      version: '7.16',
      lastReadingAt: new Date('2026-03-01T00:00:05Z'),
      failures: 0,
      lastError: undefined,
    })
  })

  it('is not read by a tick during the last poll: the tick is skipped, not kept', async () => {
    const { clock, router, tick, loop } = runningLoop()
    await clock.turn(0)
    const link = router.attempts[0]?.accept()
    await clock.turn(0)
    await tick()
    await tick()
    expect(link?.asks).toHaveLength(2)
    expect(loop.health.skippedTicks).toBe(2)
    for (const ask of link?.asks ?? []) ask.answer()
    await clock.turn(0)
    expect(link?.asks).toHaveLength(2)
    await tick()
    expect(link?.asks).toHaveLength(4)
  })

  it('shows the menus that it refused in its last poll, by the time that poll is recorded', async () => {
    const missing = [{ menu: '/interface/pppoe-server', reason: 'no such command prefix' }]
    const shown: unknown[] = []
    const sink = { record: () => void shown.push(running.loop.health.missingMenus) }
    const running = runningLoop({ sink })
    const { clock, router, tick, loop } = running
    await clock.turn(0)
    const link = router.attempts[0]?.accept() ?? expect.fail()
    for (const menus of [missing, []]) {
      await clock.turn(0)
      link.missingMenus = menus
      for (const ask of link.asks) ask.answer()
      await clock.turn(0)
      expect(loop.health.missingMenus).toEqual(menus)
      await tick()
    }
    expect(shown).toEqual([missing, []])
  })

  it('reports by then how much of its byte budgets it used', async () => {
    const shown: unknown[] = []
    const sink = { record: () => void shown.push(running.loop.health.budgetUse) }
    const running = runningLoop({ sink })
    const { clock, router, loop } = running
    expect(loop.health.budgetUse).toBeUndefined()
    await clock.turn(0)
    const link = router.attempts[0]?.accept() ?? expect.fail()
    link.budgetUse = { usedBytes: 90, mostBytes: 100 }
    await clock.turn(0)
    for (const ask of link.asks) ask.answer()
    await clock.turn(0)
    expect(shown).toEqual([{ usedBytes: 90, mostBytes: 100 }])
  })

  it('is not asked for services that the config leaves out', async () => {
    const { clock, readings } = runningLoop({ isObliging: true, about: { services: ['ppp'] } })
    await clock.turn(0)
    expect(readings.map(reading => reading.service)).toEqual(['ppp'])
  })

  it('has its polls recorded in order, each whole, however long the previous one takes', async () => {
    const begun: string[][] = []
    let free: () => void = () => {}
    const sink = {
      record: (_: unknown, readings: readonly Reading[]) => {
        begun.push(readings.map(({ service }) => service))
        return new Promise<void>(resolve => {
          free = resolve
        })
      },
    }
    const { clock, tick } = runningLoop({ isObliging: true, sink })
    await clock.turn(0)
    await tick()
    expect(begun).toEqual([['hotspot', 'ppp']])
    free()
    await clock.turn(0)
    await tick()
    expect(begun).toEqual([
      ['hotspot', 'ppp'],
      ['hotspot', 'ppp'],
    ])
    free()
  })

  it('ends the loop if its answer cannot be recorded, which is a bug', async () => {
    const sink = {
      record: () => {
        throw new TypeError('a bug')
      },
    }
    const { ended } = runningLoop({ isObliging: true, sink })
    await expect(ended).rejects.toThrow('a bug')
  })
})

describe('a router that is held back', () => {
  it('stays connected and is not read, until it no longer is', async () => {
    let reason: string | undefined
    const running = runningLoop({ isObliging: true, heldBack: () => reason })
    const { clock, router, loop, readings, tick } = running
    await clock.turn(0)
    expect(readings).toHaveLength(2)
    reason = 'too much waits'
    await tick()
    await tick()
    expect(readings).toHaveLength(2)
    expect(loop.health).toMatchObject({ state: 'online', overloaded: reason, putOffPolls: 2, failures: 0 })
    reason = undefined
    await tick()
    expect(readings).toHaveLength(4)
    expect(loop.health).toMatchObject({ overloaded: undefined, putOffPolls: 2 })
    expect(router.attempts).toHaveLength(1)
  })

  it('is not read at the end either', async () => {
    const { clock, loop, readings, soft, ended } = runningLoop({
      isObliging: true,
      heldBack: () => (readings.length > 0 ? 'too much waits' : undefined),
    })
    await clock.turn(0)
    loop.readAtEnd()
    soft.abort()
    await ended
    expect(readings).toHaveLength(2)
  })
})

describe('a loop that ends', () => {
  it('lets the poll in flight finish, and records it', async () => {
    const { clock, router, soft, ended, readings } = runningLoop()
    await clock.turn(0)
    const link = router.attempts[0]?.accept()
    await clock.turn(0)
    soft.abort()
    await clock.turn(0)
    expect(link?.isClosed).toBe(false)
    for (const ask of link?.asks ?? []) ask.answer()
    await ended
    expect(readings).toHaveLength(2)
  })

  it('stops connecting at once', async () => {
    const { clock, soft, ended, loop } = runningLoop()
    await clock.turn(0)
    soft.abort()
    await ended
    expect(loop.health.failures).toBe(0)
  })

  it('does not sleep out its back-off', async () => {
    const { clock, router, soft, ended } = runningLoop()
    await clock.turn(0)
    router.attempts[0]?.refuse(new Fault('refused', false))
    await clock.turn(0)
    expect(clock.sleepers).toBe(1)
    soft.abort()
    await ended
  })

  it('leaves no listener behind after a thousand lost connections, nor after a thousand ticks', async () => {
    const { clock, router, soft, hard, tick, loop } = runningLoop({ isObliging: true })
    for (let flap = 0; flap < 1_000; flap++) {
      await clock.turn(0)
      router.links.at(-1)?.lose(new Fault('reset'))
      await clock.turn(1_000)
    }
    expect(router.links).toHaveLength(1_001)
    for (let round = 0; round < 1_000; round++) await tick()
    expect(loop.health.skippedTicks).toBe(0)
    expect(getEventListeners(soft.signal, 'abort')).toHaveLength(1)
    expect(getEventListeners(hard.signal, 'abort')).toHaveLength(1)
    expect(clock.sleepers).toBe(0)
  })

  it('waits for the end of a connection once, and not once per tick, which would pile up', async () => {
    const { clock, router, tick } = runningLoop()
    const attempt = router.attempts[0]
    const link = attempt?.accept()
    if (!link) throw new Error('no attempt')
    const waits = vi.spyOn(link.ended, 'then')
    router.isObliging = true
    await clock.turn(0)
    for (let round = 0; round < 100; round++) await tick()
    expect(link.asks).toHaveLength(202)
    expect(waits).toHaveBeenCalledTimes(1)
  })
})
