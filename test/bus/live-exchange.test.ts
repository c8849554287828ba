import { afterEach, expect, test } from 'vitest'
import type { RouterKey } from '../../src/accounting/ids.ts'
import { SUBJECTS } from '../../src/bus/bus.ts'
import { LiveExchange } from '../../src/bus/live-exchange.ts'
import type { Snapshot } from '../../src/live/snapshot.ts'
import type { RouterCondition } from '../../src/recording/tenant-board.ts'
import { Random } from '../journal/random.ts'
import { ACME, Scene } from '../recording/recorder-scene.ts'
import { rethrow } from '../runtime/rethrow.ts'
import { MemoryServer } from './memory-bus.ts'

const INTERVAL_MS = 5_000
const STEP_MS = 100
const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A daemon with some routers of the tenant. */
class Daemon {
  readonly scene = new Scene()
  readonly exchange: LiveExchange
  readonly bus

  constructor(server: MemoryServer, self: string, run = 1) {
    const { board, clock } = this.scene
    this.scene.idPrefix = self
    this.bus = server.connect()
    this.exchange = new LiveExchange({
      ...{ bus: this.bus, board, self, run, intervalMs: INTERVAL_MS, clock, onBug: rethrow },
    })
    this.exchange.start()
    ends.push(async () => this.exchange.stop())
  }

  snapshot(): Snapshot {
    const snapshot = this.exchange.snapshot(ACME, this.scene.clock.now())
    if (!snapshot) throw new Error('no such tenant')
    return snapshot
  }

  sessions(): readonly string[] {
    const sessions = this.exchange.sessions(ACME, this.scene.clock.now()) ?? []
    return Array.from(sessions, it => `${it.router} ${it.username} ${it.upload}`).sort()
  }
}

/** Some daemons on one bus, and one that reads all of their routers alone, which is right by definition. */
function several(names: readonly string[]) {
  const server = new MemoryServer()
  const daemons = names.map(name => new Daemon(server, name))
  const alone = new Scene()
  const all = [...daemons.map(({ scene }) => scene), alone]
  /** In steps, because the daemons' clocks go at the same time. */
  const turn = async (ms: number) => {
    for (let left = ms; left > 0; left -= STEP_MS)
      for (const { clock } of all) await clock.turn(Math.min(STEP_MS, left))
  }
  const add = (router: string, by: number, epoch = 1): RouterKey => {
    alone.addRouter(router, epoch)
    for (const scene of [alone, daemons[by]?.scene])
      scene?.conditions.set(scene === alone ? keyIn(alone, router) : scene.addRouter(router, epoch), ONLINE)
    return keyIn(alone, router)
  }
  const read = async (router: RouterKey, by: number, names: readonly string[], bytes: number) => {
    const counters = Object.fromEntries(names.map(name => [name, { upload: bytes, download: 2 * bytes }]))
    for (const scene of [alone, daemons[by]?.scene]) await scene?.read(router, counters)
  }
  return { server, daemons, alone, turn, add, read }
}

const ONLINE: RouterCondition = {
  ...{ identity: undefined, lastError: undefined, missingMenus: [], overloaded: undefined },
  state: 'online',
}

function keyIn(scene: Scene, router: string): RouterKey {
  const key = [...scene.books.keys()].find(it => it.endsWith(`/${router}`))
  if (!key) throw new Error(`no ${router}`)
  return key
}

/** What of a snapshot must be the same everywhere. */
function numbersOf({ stats: { last_updated: _, ...stats }, routers }: Snapshot): unknown {
  return { stats, routers: [...routers].sort((a, b) => (a.id < b.id ? -1 : 1)) }
}

test('every daemon has the numbers of all, to the byte and the head, in each interval', async () => {
  const { daemons, alone, turn, add, read } = several(['ann', 'bob', 'cid'])
  const random = new Random(3)
  const routers = ['r1', 'r2', 'r3', 'r4', 'r5'].map((name, index) => {
    const by = index % 3
    return { key: add(name, by), by, bytes: 0, names: new Set<string>() }
  })
  for (const daemon of daemons) daemon.snapshot()
  for (let interval = 0; interval < 30; interval++) {
    for (const router of routers) {
      if (random.chance(0.2)) continue
      router.bytes += random.below(1e9)
      // The same people are on several routers.
      for (let n = 0; n < 3; n++) {
        const name = `user-${random.below(20)}`
        if (random.chance(0.5)) router.names.add(name)
        else router.names.delete(name)
      }
      await read(router.key, router.by, [...router.names], router.bytes)
    }
    await turn(INTERVAL_MS)
    const right = numbersOf(alone.snapshot())
    for (const daemon of daemons) expect(numbersOf(daemon.snapshot())).toEqual(right)
    // Also the moment is the same, and at most one interval ago.
    const moments = daemons.map(daemon => daemon.snapshot().asOf.getTime())
    expect(new Set(moments).size).toBe(1)
    expect(alone.clock.now().getTime() - (moments[0] ?? 0)).toBeLessThan(INTERVAL_MS)
  }
})

test('a lost message is noticed, and mended by the next whole part', async () => {
  const { server, daemons, alone, turn, add, read } = several(['ann', 'bob'])
  const key = add('r1', 0)
  daemons[1]?.snapshot()
  await read(key, 0, ['amina'], 100)
  await turn(INTERVAL_MS)
  server.drops = subject => subject === SUBJECTS.part(ACME)
  await read(key, 0, ['amina', 'bo'], 200)
  await turn(INTERVAL_MS)
  server.drops = () => false
  await read(key, 0, ['amina', 'bo', 'cy'], 300)
  await turn(INTERVAL_MS)
  await turn(INTERVAL_MS)
  expect(daemons[1]?.snapshot().stats.hotspot_users).toBe(3)
  expect(numbersOf(daemons[1]?.snapshot() ?? expect.fail())).toEqual(numbersOf(alone.snapshot()))
})

test('the numbers of a daemon that is late are shown when they come, in the same interval', async () => {
  const { daemons, add, read } = several(['ann', 'bob'])
  const [ann, bob] = daemons
  const key = add('r1', 0)
  for (const daemon of daemons) daemon.snapshot()
  for (const bytes of [100, 200, 300]) {
    await read(key, 0, ['amina'], bytes)
    await bob?.scene.clock.turn(INTERVAL_MS)
    await ann?.scene.clock.turn(INTERVAL_MS)
    const shown = daemons.map(daemon => daemon.snapshot().stats.bytes.total.upload)
    expect(shown).toEqual([bytes, bytes])
  }
})

test('what is read between two moments is shown with the next one, also where it is read', async () => {
  const { daemons, turn, add, read } = several(['ann', 'bob'])
  const key = add('r1', 0)
  for (const daemon of daemons) daemon.snapshot()
  await read(key, 0, ['amina'], 100)
  await turn(INTERVAL_MS)
  const before = daemons.map(daemon => numbersOf(daemon.snapshot()))
  await turn(INTERVAL_MS / 10)
  await read(key, 0, ['amina', 'bo'], 200)
  expect(daemons.map(daemon => numbersOf(daemon.snapshot()))).toEqual(before)
  await turn(INTERVAL_MS)
  for (const daemon of daemons)
    expect(daemon.snapshot().stats).toMatchObject({ hotspot_users: 2, bytes: { total: { upload: 400 } } })
})

test('a client that comes gets live numbers at once, not after an interval', async () => {
  const { daemons, turn, add, read } = several(['ann', 'bob'])
  const key = add('r1', 0)
  await read(key, 0, ['amina'], 100)
  await turn(INTERVAL_MS)
  daemons[1]?.snapshot()
  await turn(10)
  expect(daemons[1]?.snapshot().stats).toMatchObject({ hotspot_users: 1, bytes: { total: { upload: 100 } } })
})

test('of a router that moved, the daemon that took it last is right', async () => {
  const { daemons, turn, read, add, alone } = several(['ann', 'bob', 'cid'])
  const key = add('r1', 0)
  daemons[2]?.snapshot()
  await read(key, 0, ['amina'], 100)
  await turn(INTERVAL_MS)
  // The new one has what the old one committed; the old one still shows it.
  const moved = daemons[1]?.scene
  const router = moved?.addRouter('r1', 2)
  moved?.conditions.set(key, ONLINE)
  moved?.books.get(router ?? key)?.rollup.add('2026-03-01', { upload: 100, download: 200 })
  await turn(INTERVAL_MS)
  await daemons[1]?.scene.read(key, { amina: { upload: 150, download: 300 } })
  await turn(INTERVAL_MS)
  expect(daemons[2]?.snapshot().routers).toHaveLength(1)
  expect(daemons[2]?.snapshot().stats.active_sessions).toBe(1)
  expect(alone.snapshot().routers).toHaveLength(1)
  expect(daemons[0]?.snapshot().stats.bytes).toEqual(daemons[1]?.snapshot().stats.bytes)
})

test('a daemon that is silent is believed for three intervals, and one that stops no longer', async () => {
  const { server, daemons, turn, add, read } = several(['ann', 'bob', 'cid'])
  const [one, two] = [add('r1', 0), add('r2', 1)]
  daemons[2]?.snapshot()
  await read(one, 0, ['amina'], 100)
  await read(two, 1, ['bo'], 100)
  await turn(INTERVAL_MS)
  expect(daemons[2]?.snapshot().stats.total_routers).toBe(2)
  await daemons[0]?.exchange.stop()
  expect(daemons[2]?.snapshot().stats.total_routers).toBe(1)
  server.drops = () => true
  await turn(2 * INTERVAL_MS)
  expect(daemons[2]?.snapshot().stats.total_routers).toBe(1)
  await turn(2 * INTERVAL_MS)
  expect(daemons[2]?.snapshot().stats.total_routers).toBe(0)
})

test('without the bus everything goes on, and it comes back by itself', async () => {
  const { server, daemons, alone, turn, add, read } = several(['ann', 'bob'])
  const key = add('r1', 0)
  daemons[1]?.snapshot()
  await read(key, 0, ['amina'], 100)
  await turn(INTERVAL_MS)
  server.isUp = false
  await read(key, 0, ['amina', 'bo'], 200)
  await turn(10 * INTERVAL_MS)
  expect(daemons[0]?.snapshot().stats.hotspot_users).toBe(2)
  server.isUp = true
  daemons[1]?.snapshot()
  await turn(INTERVAL_MS)
  expect(numbersOf(daemons[1]?.snapshot() ?? expect.fail())).toEqual(numbersOf(alone.snapshot()))
})

test('nothing is received of tenants that nobody asks for, and nothing after they left', async () => {
  const { daemons, turn, add, read } = several(['ann', 'bob'])
  const key = add('r1', 0)
  await read(key, 0, ['amina'], 100)
  await turn(INTERVAL_MS)
  expect(daemons[1]?.exchange.listening).toBe(0)
  daemons[1]?.snapshot()
  expect(daemons[1]?.exchange.listening).toBe(1)
  await turn(14 * INTERVAL_MS)
  expect(daemons[1]?.exchange.listening).toBe(0)
})

test('sessions of other daemons are complete, each once', async () => {
  const { daemons, turn, add, read } = several(['ann', 'bob', 'cid'])
  const names = Array.from({ length: 3_000 }, (_, index) => `user-${index}`)
  const [one, two] = [add('r1', 0), add('r2', 1)]
  await read(one, 0, names, 7)
  await read(two, 1, ['bo'], 9)
  for (const { bus } of daemons) expect(bus.mostBytes).toBe(1024 * 1024)
  daemons[2]?.snapshot()
  await turn(INTERVAL_MS)
  // Asked now, and answered by the next time.
  daemons[2]?.sessions()
  await turn(INTERVAL_MS)
  expect(daemons[2]?.sessions()).toEqual([...names.map(name => `r1 ${name} 7`), 'r2 bo 9'].sort())
})

test('a message is cut to what the bus allows', async () => {
  const { server, daemons, alone, turn, add, read } = several(['ann', 'bob'])
  server.mostBytes = 1_000
  const key = add('r1', 0)
  daemons[1]?.snapshot()
  await read(
    key,
    0,
    Array.from({ length: 2_000 }, (_, index) => `user-${index}`),
    7,
  )
  await turn(INTERVAL_MS)
  expect(daemons[0]?.bus.sent.length).toBeGreaterThan(20)
  expect(numbersOf(daemons[1]?.snapshot() ?? expect.fail())).toEqual(numbersOf(alone.snapshot()))
})

test('forged, old and foreign messages change nothing', async () => {
  const { server, daemons, alone, turn, add, read } = several(['ann', 'bob'])
  const key = add('r1', 0)
  daemons[1]?.snapshot()
  await read(key, 0, ['amina'], 100)
  await turn(INTERVAL_MS)
  const stranger = server.connect()
  const bodies = [
    '{',
    '[]',
    '{}',
    '{"routers":3}',
    '{"routers":[{"id":"r1"}]}',
    '{"routers":[{"id":"../x"}]}',
  ]
  for (const body of bodies) {
    stranger.publish(SUBJECTS.part(ACME), Buffer.from(`T1 eve 9 1 0 1\n${body}`))
    stranger.publish(SUBJECTS.part(ACME), Buffer.from(`T1 ann 1 1 0 1\n${body}`))
    stranger.publish(SUBJECTS.part(ACME), Buffer.from(body))
  }
  for (const subject of [SUBJECTS.wholePart(ACME), SUBJECTS.wholePart('nobody'), SUBJECTS.sessions(ACME)])
    stranger.publish(subject, Buffer.from('not an inbox'))
  await turn(10)
  expect(numbersOf(daemons[1]?.snapshot() ?? expect.fail())).toEqual(numbersOf(alone.snapshot()))
})

test('a tenant has one turn in an interval, even if timers end early', async () => {
  const server = new MemoryServer()
  const { board, clock } = new Scene()
  const early = {
    now: () => clock.now(),
    steadyMs: () => clock.steadyMs(),
    sleep: (ms: number, signal: AbortSignal) => clock.sleep(ms > 4 ? ms - 2 : ms, signal),
  }
  const bus = server.connect()
  const exchange = new LiveExchange({
    ...{ bus, board, self: 'ann', run: 1, intervalMs: INTERVAL_MS, clock: early, onBug: rethrow },
  })
  exchange.start()
  ends.push(() => exchange.stop())
  const shown: number[] = []
  exchange.whenShown(() => shown.push(clock.now().getTime()))
  exchange.snapshot(ACME, clock.now())
  for (let ms = 0; ms < 3 * INTERVAL_MS; ms += 2) await clock.turn(2)
  expect(shown).toHaveLength(3)
  expect(shown.map((atMs, index) => atMs - (shown[index - 1] ?? atMs - INTERVAL_MS))).toEqual(
    Array(3).fill(INTERVAL_MS),
  )
})
