import { afterEach, describe, expect, it } from 'vitest'
import { type RouterKey, routerId, routerKey, tenantId } from '../../src/accounting/ids.ts'
import { CommitLoop, type Committing } from '../../src/recording/commit-loop.ts'
import type { SetAside } from '../../src/recording/ports.ts'
import type { Uncommitted } from '../../src/recording/uncommitted.ts'
import { Observations } from '../harness/observations.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { Unavailable } from './recorder-scene.ts'

const INTERVAL_MS = 30_000

/** Readings that wait, with the time of each router's oldest. */
class Waiting implements Committing {
  slicesAtOnce = 1
  readonly clock = new HandClock('2026-03-01T00:00:00Z')
  readonly sessions = new Map<RouterKey, number>()
  readonly since = new Map<RouterKey, number>()
  readonly commits: { readonly atMs: number; readonly keys: readonly RouterKey[] }[] = []
  readonly refused = new Map<RouterKey, string>()
  /** Routers that another daemon has taken, with the epoch at which they were ours. */
  readonly lost = new Map<RouterKey, number>()
  readonly setAside = new Map<RouterKey, readonly SetAside[]>()
  readonly crowded = new Map<RouterKey, readonly string[]>()
  /** The longest time that a reading waited. */
  longestMs = 0
  failure: Error | undefined
  readonly #startMs = this.clock.steadyMs()

  add(name: string, sessions = 1): RouterKey {
    const key = routerKey(tenantId('acme'), routerId(name))
    this.sessions.set(key, sessions)
    if (!this.since.has(key)) this.since.set(key, this.clock.steadyMs())
    return key
  }

  /** A router is no longer ours. */
  drop(key: RouterKey): void {
    this.sessions.delete(key)
    this.lost.delete(key)
  }

  pending(): ReadonlyMap<RouterKey, number> {
    return new Map([...this.sessions].filter(([key]) => this.since.has(key)))
  }

  hurried(): readonly RouterKey[] {
    return [...this.pending()].flatMap(([key, sessions]) => (sessions > 10_000 ? [key] : []))
  }

  async commit(keys: readonly RouterKey[]): Promise<Uncommitted> {
    this.commits.push({ atMs: this.clock.steadyMs() - this.#startMs, keys })
    if (this.failure) throw this.failure
    for (const key of keys) {
      if (this.refused.has(key) || this.lost.has(key)) continue
      this.longestMs = Math.max(this.longestMs, this.clock.steadyMs() - (this.since.get(key) ?? 0))
      this.since.delete(key)
    }
    const { refused, lost, setAside, crowded } = this
    return { refused, lost, setAside, crowded }
  }
}

const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function looping() {
  const waiting = new Waiting()
  const lines = new LogLines()
  const { clock } = waiting
  const observations = new Observations()
  const lost: ReadonlyMap<RouterKey, number>[] = []
  const bugs: unknown[] = []
  const loop = new CommitLoop({
    ...{ recorder: waiting, intervalMs: INTERVAL_MS, observer: observations, clock, log: lines.log },
    onLost: async routers => {
      lost.push(new Map(routers))
      for (const key of routers.keys()) waiting.drop(key)
    },
    onBug: error => bugs.push(error),
  })
  loop.start()
  ends.push(async () => {
    await loop.stop()
    expect(clock.sleepers).toBe(0)
  })
  return { waiting, clock, lines, loop, bugs, lost, observed: observations.all }
}

describe('every router', () => {
  it('is committed within an interval of its reading, round after round', async () => {
    const { waiting, clock } = looping()
    for (let second = 0; second < 600; second += 5) {
      for (const name of ['a', 'b', 'c']) waiting.add(name)
      await clock.turn(5_000)
    }
    expect(waiting.longestMs).toBeLessThanOrEqual(INTERVAL_MS)
    expect(waiting.commits.length).toBeLessThanOrEqual(600 / 25)
    expect(waiting.commits.length).toBeGreaterThanOrEqual(600 / 35)
  })

  it('is committed once an interval in a large fleet, in slices that are spread over the interval', async () => {
    const { waiting, clock } = looping()
    const read = () => {
      for (let index = 0; index < 100; index++) waiting.add(`r${index}`, 250)
    }
    for (let second = 0; second < 300; second += 5) {
      read()
      await clock.turn(5_000)
    }
    const steady = waiting.commits.slice(10)
    for (const { keys } of steady) expect(keys.length).toBeLessThanOrEqual(16)
    const gaps = steady.slice(1).map(({ atMs }, index) => atMs - (steady[index]?.atMs ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThan(2_500)
    expect(Math.max(...gaps)).toBeLessThan(5_000)
    const commits = waiting.commits.flatMap(({ keys }) => keys)
    for (const key of waiting.sessions.keys()) {
      const count = commits.filter(it => it === key).length
      expect(count).toBeGreaterThanOrEqual(9)
      expect(count).toBeLessThanOrEqual(11)
    }
    expect(waiting.longestMs).toBeLessThanOrEqual(INTERVAL_MS * 1.1)
  })

  it('is in slices of a bounded number of sessions, however many there are', async () => {
    const { waiting, clock } = looping()
    for (let index = 0; index < 2_000; index++) waiting.add(`r${index}`, 200)
    await clock.turn(INTERVAL_MS)
    expect(waiting.commits.length).toBe(160)
    for (const { keys } of waiting.commits) expect(keys.length).toBeLessThanOrEqual(13)
    expect(waiting.pending().size).toBe(0)
  })

  it('has a slice for each of the transactions that the database runs side by side', async () => {
    const { waiting, clock } = looping()
    waiting.slicesAtOnce = 4
    for (let index = 0; index < 2_000; index++) waiting.add(`r${index}`, 200)
    await clock.turn(INTERVAL_MS)
    expect(waiting.commits.length).toBe(40)
    for (const { keys } of waiting.commits) expect(keys.length).toBeLessThanOrEqual(51)
  })

  it('causes no transaction while it has nothing to commit', async () => {
    const { waiting, clock } = looping()
    await clock.turn(10 * INTERVAL_MS)
    expect(waiting.commits).toEqual([])
  })
})

describe('a router with much waiting data', () => {
  it('is committed at once, and not again and again while the database refuses it', async () => {
    const { waiting, clock, loop } = looping()
    waiting.add('small')
    await clock.turn(2_000)
    const large = waiting.add('large', 20_000)
    await clock.turn(2_000)
    expect(waiting.commits.map(({ keys }) => keys)).toEqual([[large]])
    expect(loop.takes(large)).toBe(true)
    waiting.refused.set(large, 'invalid byte sequence')
    waiting.add('large', 20_000)
    await clock.turn(INTERVAL_MS)
    expect(loop.takes(large)).toBe(false)
    expect(waiting.commits.length).toBeLessThan(12)
    const before = waiting.commits.length
    waiting.failure = new Unavailable('connection refused')
    await clock.turn(INTERVAL_MS)
    expect(waiting.commits.length - before).toBeLessThan(12)
  })
})

describe('a database that is away', () => {
  it('is logged once, and once when it is back', async () => {
    const { waiting, clock, lines, loop, observed } = looping()
    waiting.add('hq')
    waiting.failure = new Unavailable('connection refused')
    await clock.turn(5 * INTERVAL_MS)
    expect(loop.isUp).toBe(false)
    expect(waiting.commits.length).toBeGreaterThan(3)
    waiting.failure = undefined
    await clock.turn(INTERVAL_MS)
    expect(loop.isUp).toBe(true)
    expect(lines.told).toMatchObject([
      { msg: 'commit failed; what waits is kept and tried again', err: { message: 'connection refused' } },
      { msg: 'database commits again' },
    ])
    expect(new Set(observed)).toEqual(new Set(['not committed', 'committed']))
    expect(observed.at(-1)).toBe('committed')
  })
})

describe('a commit that the database refuses', () => {
  it('is logged once with its router and reason, and once when it is accepted', async () => {
    const { waiting, clock, lines, loop } = looping()
    const bad = waiting.add('bad')
    waiting.add('good')
    waiting.refused.set(bad, 'invalid byte sequence')
    await clock.turn(3 * INTERVAL_MS)
    expect(loop.isUp).toBe(true)
    expect(loop.refusedRouters).toBe(1)
    expect([...waiting.pending().keys()]).toEqual([bad])
    waiting.refused.delete(bad)
    await clock.turn(INTERVAL_MS)
    expect(lines.told).toMatchObject([
      { msg: 'commit refused; what waits is kept and tried again', router: 'acme/bad' },
      { msg: 'commit no longer refused', router: 'acme/bad' },
    ])
    expect(loop.refusedRouters).toBe(0)
  })
})

describe('a router with more names than a day has room for', () => {
  it('is logged and counted once for each day', async () => {
    const { waiting, clock, lines, observed } = looping()
    waiting.crowded.set(waiting.add('hq'), ['2026-11-23', '2026-11-24'])
    await clock.turn(INTERVAL_MS)
    const line = { level: 40, router: 'acme/hq', msg: expect.stringContaining('counted as (others)') }
    expect(lines.told).toMatchObject([
      { ...line, day: '2026-11-23' },
      { ...line, day: '2026-11-24' },
    ])
    expect(observed.filter(it => it === 'others')).toHaveLength(2)
  })
})

describe('an error that is not a failure of the database', () => {
  it('ends the loop', async () => {
    const { waiting, clock, bugs } = looping()
    waiting.add('hq')
    waiting.failure = new TypeError('a bug')
    await clock.turn(INTERVAL_MS)
    expect(bugs).toEqual([waiting.failure])
    await clock.turn(2 * INTERVAL_MS)
    expect(waiting.commits).toHaveLength(1)
  })
})

describe('a router that another daemon has taken', () => {
  it('is reported once with its epoch, and does not delay other routers', async () => {
    const { waiting, clock, lines, loop, lost } = looping()
    const taken = waiting.add('taken')
    waiting.add('ours')
    waiting.lost.set(taken, 3)
    await clock.turn(3 * INTERVAL_MS)
    expect(lost).toEqual([new Map([[taken, 3]])])
    expect(waiting.pending().size).toBe(0)
    expect(loop.isUp).toBe(true)
    expect(lines.told).toEqual([])
  })

  it('is not left over after a flush', async () => {
    const { waiting, loop, lost } = looping()
    waiting.lost.set(waiting.add('taken'), 3)
    expect(await loop.flush()).toBe(true)
    expect(lost).toHaveLength(1)
  })
})

describe('a flush', () => {
  it('commits all that waits, now', async () => {
    const { waiting, loop } = looping()
    for (let index = 0; index < 10; index++) waiting.add(`r${index}`, 1_000)
    await loop.stop()
    expect(await loop.flush()).toBe(true)
    expect(waiting.commits.map(({ keys }) => keys.length)).toEqual([3, 3, 2, 2])
  })

  it('gives up at the first failure, and returns that something is left', async () => {
    const { waiting, loop } = looping()
    for (let index = 0; index < 10; index++) waiting.add(`r${index}`, 1_000)
    waiting.failure = new Unavailable('gone')
    expect(await loop.flush()).toBe(false)
    expect(waiting.commits).toHaveLength(1)
  })

  it('returns that something is left if the database refused it', async () => {
    const { waiting, loop } = looping()
    waiting.refused.set(waiting.add('bad'), 'invalid byte sequence')
    expect(await loop.flush()).toBe(false)
  })

  it('with nothing to commit succeeds', async () => {
    const { waiting, loop } = looping()
    expect(await loop.flush()).toBe(true)
    expect(waiting.commits).toEqual([])
  })
})
