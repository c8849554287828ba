import { afterEach, describe, expect, it } from 'vitest'
import { Ownership } from '../../src/roster/leases.ts'
import type { Part } from '../../src/roster/owner.ts'
import type { NewerDaemon } from '../../src/roster/ports.ts'
import { gone, held } from '../recording/recorder-scene.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { ACME_HQ, ACME_SPARE, FakeLeases, LEASE_MS, refOf } from './roster-scene.ts'
import { FakeOwner, WHOLE } from './whole-part.ts'

const TURN_MS = LEASE_MS / 4
const HQ = new Map([[ACME_HQ, refOf('acme', 'hq')]])
const BOTH = new Map([...HQ, [ACME_SPARE, refOf('acme', 'spare')]])
const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function owning(part: Part = WHOLE) {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const leases = new FakeLeases()
  const owner = new FakeOwner()
  const lines = new LogLines()
  const stop = new AbortController()
  const stopping = stop.signal
  const superseded: NewerDaemon[] = []
  const bugs: unknown[] = []
  const ownership = new Ownership({
    ...{ leases, owner, part, durationMs: LEASE_MS, stopping, clock, log: lines.log },
    onSuperseded: by => superseded.push(by),
    onBug: error => bugs.push(error),
  })
  ownership.start()
  ends.push(async () => {
    stop.abort()
    await ownership.stop()
    expect(clock.sleepers).toBe(0)
  })
  return { clock, leases, owner, lines, ownership, superseded, bugs }
}

describe('the routers that are wanted', () => {
  it('are taken if nobody has them, with their epochs', async () => {
    const { leases, owner, ownership } = owning()
    leases.take(ACME_SPARE)
    await ownership.want(BOTH)
    expect(owner.has).toEqual(new Map([[ACME_HQ, 1]]))
    expect([ownership.isHeld(ACME_HQ), ownership.isHeld(ACME_SPARE)]).toEqual([true, false])
  })

  it('are looked for four times in a lease, so that a free one is soon read again', async () => {
    const { leases, owner, ownership, clock } = owning()
    leases.take(ACME_HQ)
    await ownership.want(HQ)
    leases.free(ACME_HQ)
    await clock.turn(TURN_MS - 1)
    expect(owner.has.size).toBe(0)
    await clock.turn(1)
    expect(owner.has).toEqual(new Map([[ACME_HQ, 2]]))
  })

  it('are taken at once when the daemon that had them is gone', async () => {
    let isGone = false
    const { leases, owner, ownership, clock } = owning({ ...WHOLE, refresh: async () => isGone })
    leases.take(ACME_HQ)
    await ownership.want(HQ)
    leases.free(ACME_HQ)
    await clock.turn(500)
    expect(owner.has.size).toBe(0)
    isGone = true
    await clock.turn(500)
    expect(owner.has).toEqual(new Map([[ACME_HQ, 2]]))
  })

  it('are looked for when a daemon’s time is over, also between two looks', async () => {
    const part = { ...WHOLE, untilFirstEndMs: 200, refresh: async () => true }
    const { leases, owner, ownership, clock } = owning(part)
    leases.take(ACME_HQ)
    await ownership.want(HQ)
    leases.free(ACME_HQ)
    await clock.turn(500)
    await clock.turn(200)
    expect(owner.has.size).toBe(1)
    part.untilFirstEndMs = Number.POSITIVE_INFINITY
  })

  it('are each taken once, however many turns overlap', async () => {
    const { leases, owner, ownership, clock } = owning()
    const { promise, release } = held(undefined)
    leases.answering = promise
    const wants = [ownership.want(HQ), ownership.want(HQ)]
    await clock.turn(TURN_MS)
    release()
    await Promise.all(wants)
    await clock.turn(0)
    expect(leases.asked.filter(it => it === 'acquire')).toHaveLength(1)
    expect(owner.has).toEqual(new Map([[ACME_HQ, 1]]))
  })

  it('that cannot be opened are given back, and taken with the next turn', async () => {
    const { leases, owner, ownership, clock } = owning()
    owner.gaining = gone()
    await expect(ownership.want(HQ)).rejects.toThrow('gone')
    expect(leases.ours()).toEqual([])
    expect(ownership.isHeld(ACME_HQ)).toBe(false)
    owner.gaining = Promise.resolve()
    await clock.turn(TURN_MS)
    expect(owner.has).toEqual(new Map([[ACME_HQ, 2]]))
  })
})

describe('the routers that are held', () => {
  it('are renewed four times in a lease', async () => {
    const { leases, ownership, clock } = owning()
    await ownership.want(HQ)
    leases.asked.length = 0
    await clock.turn(LEASE_MS)
    expect(leases.asked).toEqual(['renew', 'renew', 'renew', 'renew'])
  })

  it('are kept while the database is away, which is logged once, and once when it is back', async () => {
    const { leases, owner, ownership, clock, lines } = owning()
    await ownership.want(HQ)
    leases.answering = gone()
    await clock.turn(3 * LEASE_MS)
    expect(owner.has.size).toBe(1)
    leases.answering = Promise.resolve()
    await clock.turn(LEASE_MS)
    expect(owner.has).toEqual(new Map([[ACME_HQ, 1]]))
    expect(lines.messages).toEqual([
      'leases cannot be kept for now; reading goes on',
      'leases are kept again',
    ])
  })

  it('are lost if another daemon has taken them, each once', async () => {
    const { leases, owner, ownership, clock } = owning()
    await ownership.want(BOTH)
    leases.take(ACME_HQ)
    await clock.turn(TURN_MS)
    await ownership.lose(new Map([[ACME_HQ, 1]]))
    expect(owner.lost).toEqual([ACME_HQ])
    expect([...owner.has.keys()]).toEqual([ACME_SPARE])
  })

  it('are not lost by a commit of an earlier epoch', async () => {
    const { leases, owner, ownership, clock } = owning()
    await ownership.want(HQ)
    leases.take(ACME_HQ)
    await clock.turn(TURN_MS)
    leases.free(ACME_HQ)
    await clock.turn(TURN_MS)
    expect(owner.has).toEqual(new Map([[ACME_HQ, 3]]))
    await ownership.lose(new Map([[ACME_HQ, 1]]))
    expect(owner.has.size).toBe(1)
  })

  it('are not taken again before their loss was handled', async () => {
    const { leases, owner, ownership, clock } = owning()
    await ownership.want(HQ)
    leases.take(ACME_HQ)
    const { promise, release } = held(undefined)
    owner.losing = promise
    const lost = ownership.lose(new Map([[ACME_HQ, 1]]))
    leases.free(ACME_HQ)
    await clock.turn(TURN_MS)
    expect(owner.has).toEqual(new Map([[ACME_HQ, 1]]))
    release()
    await lost
    await clock.turn(0)
    expect(owner.has).toEqual(new Map([[ACME_HQ, 3]]))
  })

  it('are lost if a commit finds that while they are being gained', async () => {
    const { owner, ownership, clock } = owning()
    const { promise, release } = held(undefined)
    owner.gaining = promise
    const wanted = ownership.want(HQ)
    await clock.turn(0)
    const lost = ownership.lose(new Map([[ACME_HQ, 1]]))
    release()
    await Promise.all([wanted, lost])
    expect(owner.lost).toEqual([ACME_HQ])
    expect(ownership.isHeld(ACME_HQ)).toBe(false)
  })
})

describe('a router that is no longer wanted', () => {
  it('is kept while something of it waits for a commit, and then given back', async () => {
    const { leases, owner, ownership, clock } = owning()
    await ownership.want(BOTH)
    await ownership.want(HQ)
    await clock.turn(LEASE_MS)
    expect(leases.ours()).toContain(ACME_SPARE)
    owner.has.delete(ACME_SPARE)
    await clock.turn(TURN_MS)
    expect(leases.ours()).toEqual([ACME_HQ])
    expect(ownership.isHeld(ACME_SPARE)).toBe(false)
  })

  it('is taken again with another epoch if it is wanted again after it was forgotten', async () => {
    const { owner, ownership } = owning()
    await ownership.want(BOTH)
    await ownership.want(HQ)
    owner.has.delete(ACME_SPARE)
    await ownership.want(BOTH)
    expect(owner.has.get(ACME_SPARE)).toBe(2)
  })
})

it('others can take all of them at once after the stop', async () => {
  const { leases, ownership } = owning()
  await ownership.want(BOTH)
  await ownership.release()
  expect(leases.ours()).toEqual([])
  await ownership.release()
  expect(leases.asked.filter(it => it === 'release')).toHaveLength(1)
})

it('a process with the same id that was started later is reported once, within a quarter of a lease', async () => {
  const { leases, ownership, superseded, clock } = owning()
  await ownership.want(HQ)
  const newest = { host: 'copy', startedAt: new Date('2026-03-01T00:00:02Z') }
  leases.newest = newest
  await clock.turn(TURN_MS)
  expect(superseded).toEqual([newest])
  await clock.turn(LEASE_MS)
  expect(superseded).toHaveLength(1)
})

it('a bug ends the turns', async () => {
  const { owner, leases, ownership, clock, bugs } = owning()
  await ownership.want(HQ)
  owner.losing = Promise.reject(new TypeError('a bug'))
  owner.losing.catch(() => {})
  leases.take(ACME_HQ)
  await clock.turn(TURN_MS)
  expect(bugs).toEqual([new TypeError('a bug')])
})
