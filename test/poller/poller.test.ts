import { afterEach, describe, expect, it } from 'vitest'
import type { RouterKey } from '../../src/accounting/ids.ts'
import { Poller } from '../../src/poller/poller.ts'
import { Observations } from '../harness/observations.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { untilNoTimer } from '../runtime/timers.ts'
import { Fault, ScriptedRouter } from './scripted-router.ts'

const GRACE_MS = 3_000
const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

function polling({ concurrency = 64, isBlocked = false } = {}) {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const recorded: RouterKey[] = []
  const bugs: unknown[] = []
  const ends: (() => void)[] = []
  let heard: () => void = () => {}
  const poller = new Poller({
    isSpread: true,
    heldBack: () => undefined,
    sink: {
      record: (key, readings) => {
        recorded.push(...readings.map(() => key))
        heard()
        // A disk that neither writes nor fails.
        return isBlocked ? new Promise(resolve => ends.push(resolve)) : undefined
      },
    },
    random: () => 0,
    graceMs: GRACE_MS,
    observer: new Observations(),
    log: new LogLines().log,
    onBug: error => bugs.push(error),
    ...{ concurrency, clock },
  })
  stops.push(async () => {
    for (const end of ends) end()
    const stopped = poller.stop()
    await clock.turn(GRACE_MS)
    await stopped
    expect(clock.sleepers).toBe(0)
  })
  poller.start()
  const router = (name: string, isObliging: boolean) => new ScriptedRouter(name, clock, { isObliging })
  /** Resolves when the next reading is recorded. */
  const nextRecord = () =>
    new Promise<void>(resolve => {
      heard = resolve
    })
  return { clock, poller, recorded, bugs, router, nextRecord }
}

describe('polls', () => {
  it('are stuck if all of them wait for something that does not come', async () => {
    const { clock, poller, router } = polling({ isBlocked: true })
    for (const name of ['hq', 'hill']) poller.add(router(name, true).polled())
    await clock.turn(120_000)
    expect(poller.isStuck).toBe(false)
    await clock.turn(1)
    expect(poller.isStuck).toBe(true)
  })

  it('are not stuck if they fail, however many there are', async () => {
    const { clock, poller, router } = polling()
    const failing = router('hq', false)
    poller.add(failing.polled())
    for (let turn = 0; turn < 10; turn++) {
      failing.attempts.at(-1)?.refuse(new Fault('connection refused'))
      await clock.turn(60_000)
    }
    expect(poller.isStuck).toBe(false)
  })
})

describe('a fleet', () => {
  it('is read although some of its routers hang and others refuse', async () => {
    const { clock, poller, recorded, router } = polling({ concurrency: 2 })
    const hanging = Array.from({ length: 20 }, (_, index) => router(`hanging-${index}`, false))
    const refusing = Array.from({ length: 20 }, (_, index) => router(`refusing-${index}`, false))
    const sound = Array.from({ length: 20 }, (_, index) => router(`sound-${index}`, true))
    for (const it of [...hanging, ...refusing, ...sound]) poller.add(it.polled())
    await clock.turn(0)
    for (const it of refusing) it.attempts[0]?.refuse(new Fault('connection refused'))
    await clock.turn(0)
    expect(new Set(recorded)).toEqual(new Set(sound.map(it => it.key)))
    expect(poller.health(refusing[0]?.key ?? hanging[0]?.key ?? fail())?.state).toBe('offline')
  })

  it('is read although some never answer after the login: each takes a place for a second only', async () => {
    const { clock, poller, recorded, router } = polling({ concurrency: 2 })
    const silent = Array.from({ length: 4 }, (_, index) => router(`silent-${index}`, false))
    for (const it of silent) poller.add(it.polled())
    await clock.turn(0)
    for (const it of silent) it.attempts[0]?.accept()
    await clock.turn(0)
    const sound = router('sound', true)
    poller.add(sound.polled())
    await clock.turn(1_999)
    expect(recorded).toEqual([])
    await clock.turn(1)
    expect(recorded).toEqual([sound.key, sound.key])
  })

  it('is not read if it is added after the stop', async () => {
    const { clock, poller, router, recorded } = polling()
    await poller.stop()
    const late = router('late', true)
    poller.add(late.polled())
    await clock.turn(60_000)
    expect(recorded).toEqual([])
    expect(late.attempts).toEqual([])
    expect(poller.health(late.key)).toBeUndefined()
  })

  it('is read on schedule', async () => {
    const { clock, poller, router, nextRecord, recorded } = polling()
    poller.add(router('hq', true).polled({ services: ['ppp'] }))
    await clock.turn(0)
    // A tick may come at any moment.
    const atOnce = recorded.length
    expect(atOnce).toBeGreaterThan(0)
    await nextRecord()
    await nextRecord()
    expect(recorded.length).toBeGreaterThanOrEqual(atOnce + 2)
  })

  it('has no reading of a disabled router, which is never connected to', async () => {
    const { clock, poller, router } = polling()
    const disabled = router('spare', true)
    poller.add(disabled.polled({ isEnabled: false }))
    await clock.turn(0)
    expect(disabled.attempts).toHaveLength(0)
    expect(poller.health(disabled.key)?.state).toBe('disabled')
    await poller.remove(disabled.key)
    expect(poller.health(disabled.key)).toBeUndefined()
  })

  it('continues with the others if one router’s poll is a bug, which is reported', async () => {
    const { clock, poller, router, bugs, recorded } = polling()
    const bad = router('bad', false)
    const sound = router('sound', true)
    poller.add(bad.polled())
    poller.add(sound.polled())
    await clock.turn(0)
    bad.attempts[0]?.refuse(new TypeError('a bug'))
    await clock.turn(0)
    expect(bugs).toEqual([new TypeError('a bug')])
    expect(recorded).toContain(sound.key)
  })
})

/** A router that is removed while a poll waits for its answers. */
async function removedDuringPoll() {
  const { clock, poller, recorded, router } = polling()
  const hq = router('hq', false)
  poller.add(hq.polled())
  await clock.turn(0)
  const link = hq.attempts[0]?.accept()
  await clock.turn(0)
  return { clock, poller, recorded, hq, link, removed: poller.remove(hq.key) }
}

describe('a router that is removed', () => {
  it('may finish the poll in flight, which is recorded', async () => {
    const { clock, poller, recorded, hq, link, removed } = await removedDuringPoll()
    expect(poller.health(hq.key)).toBeUndefined()
    await clock.turn(GRACE_MS - 1)
    expect(link?.isClosed).toBe(false)
    for (const ask of link?.asks ?? []) ask.answer()
    await removed
    expect(recorded).toEqual([hq.key, hq.key])
    expect(link?.isClosed).toBe(true)
  })

  it('is cut off if it does not answer within the grace', async () => {
    const { clock, recorded, link, removed } = await removedDuringPoll()
    await clock.turn(GRACE_MS)
    await removed
    expect(link?.isClosed).toBe(true)
    expect(recorded).toEqual([])
  })

  it('may be unknown: nothing happens', async () => {
    const { poller, router } = polling()
    await poller.remove(router('ghost', true).key)
  })

  it('may come back', async () => {
    const { clock, poller, recorded, router } = polling()
    const hq = router('hq', true)
    poller.add(hq.polled({ services: ['ppp'] }))
    await clock.turn(0)
    await poller.remove(hq.key)
    poller.add(hq.polled({ services: ['ppp'] }))
    await clock.turn(0)
    expect(recorded).toHaveLength(2)
    expect(poller.health(hq.key)?.state).toBe('online')
  })
})

describe('a poller that stops', () => {
  it('reads each router that answers once more, but none twice whose poll is in flight', async () => {
    const { clock, poller, recorded, router } = polling()
    const [waiting, gone, busy] = [router('waiting', true), router('gone', true), router('busy', false)]
    for (const it of [waiting, gone, busy]) poller.add(it.polled({ services: ['ppp'] }))
    await clock.turn(0)
    const link = busy.attempts[0]?.accept()
    gone.links[0]?.lose(new Fault('reset'))
    await clock.turn(0)
    expect(recorded).toEqual([waiting.key, gone.key])
    const stopped = poller.stop()
    await clock.turn(0)
    for (const ask of link?.asks ?? []) ask.answer()
    await stopped
    expect(recorded.slice(2)).toEqual([waiting.key, busy.key])
    expect(link?.asks).toHaveLength(1)
    expect(gone.links).toHaveLength(1)
  })

  it('leaves no timer and no connection, whatever its routers were doing', async () => {
    await untilNoTimer()
    const { clock, poller, router } = polling({ concurrency: 1 })
    const routers = Array.from({ length: 10 }, (_, index) => router(`r${index}`, index % 2 === 0))
    for (const it of routers) poller.add(it.polled())
    await clock.turn(0)
    routers[1]?.attempts[0]?.refuse(new Fault('refused'))
    routers[3]?.attempts[0]?.accept()
    routers[5]?.attempts[0]?.accept()
    await clock.turn(0)
    const stopped = poller.stop()
    await clock.turn(GRACE_MS)
    await stopped
    await untilNoTimer()
    for (const it of routers) for (const link of it.links) expect(link.isClosed).toBe(true)
  })
})

function fail(): never {
  throw new Error('no router')
}
