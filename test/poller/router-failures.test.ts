import { describe, expect, it } from 'vitest'
import { runningLoop } from './running-loop.ts'
import { Fault } from './scripted-router.ts'

describe('a router that fails', () => {
  it('is retried after growing waits, and read at once when it is back', async () => {
    const { clock, router, readings } = runningLoop()
    for (const [index, waitMs] of [1_000, 2_000, 4_000].entries()) {
      await clock.turn(0)
      router.attempts[index]?.refuse(new Fault('connection refused'))
      await clock.turn(waitMs - 1)
      expect(router.attempts).toHaveLength(index + 1)
      await clock.turn(1)
      expect(router.attempts).toHaveLength(index + 2)
    }
    router.isObliging = true
    router.attempts[3]?.accept()
    await clock.turn(0)
    expect(readings).toHaveLength(2)
  })

  it('waits longer after a refused login', async () => {
    const { clock, router } = runningLoop()
    await clock.turn(0)
    router.attempts[0]?.refuse(new Fault('invalid user name or password', false))
    await clock.turn(9_999)
    expect(router.attempts).toHaveLength(1)
    await clock.turn(1)
    expect(router.attempts).toHaveLength(2)
  })

  it('by refusing one login during its start is not treated like one that has refused many', async () => {
    const { clock, router } = runningLoop()
    for (const [index, waitMs] of [1_000, 2_000, 4_000].entries()) {
      await clock.turn(0)
      router.attempts[index]?.refuse(new Fault('connection refused'))
      await clock.turn(waitMs)
    }
    router.attempts[3]?.refuse(new Fault('invalid user name or password', false))
    await clock.turn(9_999)
    expect(router.attempts).toHaveLength(4)
    await clock.turn(1)
    expect(router.attempts).toHaveLength(5)
  })

  it('is logged once, and once when it is back', async () => {
    const { clock, router, lines, loop, observed } = runningLoop()
    for (let index = 0; index < 5; index++) {
      await clock.turn(0)
      router.attempts[index]?.refuse(new Fault('connection refused'))
      await clock.turn(60_000)
    }
    expect(loop.health).toMatchObject({ state: 'offline', failures: 5, lastError: 'connection refused' })
    router.isObliging = true
    router.attempts[5]?.accept()
    await clock.turn(0)
    expect(lines.told).toEqual([
      expect.objectContaining({ msg: 'poll failed', router: 'acme/hq', reason: 'connection refused' }),
      expect.objectContaining({ msg: 'router online', failures: 5 }),
    ])
    expect(observed).toEqual([...Array<string>(5).fill('failed: Fault'), 'polled'])
    expect(loop.health).toMatchObject({ state: 'online', failures: 0, lastError: undefined })
  })

  it('by sending too much is paused longer each time, which is logged once until it was fine for a while', async () => {
    const { clock, router, lines, loop, tick, observed } = runningLoop({ isObliging: true })
    const overload = () => Object.assign(new Fault('more than it may', false), { isOverload: true })
    for (const [index, waitMs] of [10_000, 20_000, 40_000].entries()) {
      await clock.turn(0)
      expect(router.links).toHaveLength(index + 1)
      expect(loop.health.state).toBe('online')
      router.links[index]?.lose(overload())
      await clock.turn(waitMs - 1)
      expect(loop.health).toMatchObject({ state: 'offline', overloaded: 'more than it may' })
      expect(router.links).toHaveLength(index + 1)
      await clock.turn(1)
    }
    expect(lines.told.map(it => it['msg'])).toEqual([
      'router online',
      'router overloaded: it is paused, longer each time',
    ])
    expect(observed.filter(it => it.startsWith('failed'))).toHaveLength(3)
    await clock.turn(20 * 60_000)
    await tick()
    expect(loop.health.overloaded).toBeUndefined()
    expect(lines.told.at(-1)).toMatchObject({ msg: 'router no longer overloaded' })
  })

  it('is noticed between two ticks, and retried after the first wait', async () => {
    const { clock, router, loop } = runningLoop({ isObliging: true })
    await clock.turn(0)
    router.links[0]?.lose(new Fault('the router closed the connection'))
    await clock.turn(0)
    expect(loop.health).toMatchObject({ state: 'offline', lastError: 'the router closed the connection' })
    expect(router.links[0]?.isClosed).toBe(true)
    await clock.turn(999)
    expect(router.attempts).toHaveLength(1)
    await clock.turn(1)
    expect(router.attempts).toHaveLength(2)
    expect(loop.health.state).toBe('online')
  })

  it('fails once, with the same wait, whether one or both services were being read', async () => {
    const { clock, router, loop } = runningLoop()
    await clock.turn(0)
    const link = router.attempts[0]?.accept()
    await clock.turn(0)
    link?.lose(new Fault('no answer within 10000 ms'))
    await clock.turn(0)
    expect(loop.health.failures).toBe(1)
    await clock.turn(1_000)
    expect(router.attempts).toHaveLength(2)
  })

  it('keeps its slot: ticks without a connection are skipped', async () => {
    const { clock, router, tick, loop } = runningLoop()
    await clock.turn(0)
    await tick()
    expect(loop.health.skippedTicks).toBe(1)
    router.attempts[0]?.accept()
    await clock.turn(0)
    expect(router.links[0]?.asks).toHaveLength(2)
  })

  it('yields no reading: a failed poll ends no session', async () => {
    const { clock, router, readings, tick } = runningLoop({ isObliging: true })
    await clock.turn(0)
    expect(readings).toHaveLength(2)
    router.isObliging = false
    await tick()
    for (const ask of router.links[0]?.asks.splice(0) ?? []) ask.fail(new Fault('no answer within 10000 ms'))
    await clock.turn(0)
    expect(readings).toHaveLength(2)
  })

  it('ends the loop if the error is a bug and not a router’s failure', async () => {
    const { clock, router, ended, tick } = runningLoop({ isObliging: true })
    await clock.turn(0)
    router.isObliging = false
    await tick()
    router.links[0]?.asks.at(-1)?.fail(new TypeError('undefined is not a function'))
    await expect(ended).rejects.toThrow('undefined is not a function')
  })
})

describe('a router with one service that cannot be read', () => {
  it('is online with the error shown, and the other service is recorded', async () => {
    const { clock, router, loop, readings, lines, tick } = runningLoop()
    await clock.turn(0)
    const link = router.attempts[0]?.accept()
    await clock.turn(0)
    for (let round = 0; round < 3; round++) {
      for (const ask of link?.asks.splice(0) ?? [])
        if (ask.service === 'hotspot') ask.answer()
        else ask.fail(new Fault('not enough permissions (9)', false))
      await clock.turn(0)
      await tick()
    }
    expect(readings.map(reading => reading.service)).toEqual(['hotspot', 'hotspot', 'hotspot'])
    expect(loop.health).toMatchObject({ state: 'online', lastError: 'not enough permissions (9)' })
    expect(router.attempts).toHaveLength(1)
    expect(lines.told).toEqual([expect.objectContaining({ msg: 'poll failed', state: 'online' })])

    link?.lose(new Fault('no route to the router'))
    await clock.turn(0)
    expect(lines.told.at(-1)).toMatchObject({ msg: 'poll failed', reason: 'no route to the router' })
    await clock.turn(1_000)
    expect(router.attempts).toHaveLength(2)
  })
})

describe('a router’s notices', () => {
  it('are logged once, however often it connects', async () => {
    const { clock, router, lines } = runningLoop()
    for (let index = 0; index < 3; index++) {
      await clock.turn(30_000)
      const link = router.attempts[index]?.accept()
      if (link) link.notices = ['a fasttrack-connection rule is on']
      await clock.turn(0)
      link?.lose(new Fault('reset'))
    }
    expect(lines.messages.filter(message => message === 'a fasttrack-connection rule is on')).toHaveLength(1)
  })
})
