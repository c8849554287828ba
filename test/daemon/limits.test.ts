import { expect, test } from 'vitest'
import type { Bytes } from '../../src/accounting/bytes.ts'
import { Calendar } from '../../src/accounting/calendar.ts'
import type { RouterKey } from '../../src/accounting/ids.ts'
import { inOneGo } from '../../src/accounting/steps.ts'
import { readingOf, Scene } from '../recording/recorder-scene.ts'

const ONE = { upload: 1, download: 0 }

function users(count: number, from = 0): Readonly<Record<string, Bytes>> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`user-${from + index}`, ONE]))
}

function crowded(maxSessions: number, newSessionsPerHour: number) {
  const scene = new Scene()
  const hq = scene.addRouter('hq', 1, { limits: { maxSessions, newSessionsPerHour } })
  const read = async (shown: Readonly<Record<string, Bytes>>, seconds = 5) => {
    await scene.clock.turn(seconds * 1_000)
    await scene.read(hq, shown)
  }
  return { scene, hq, read, crowding: () => crowdingOf(scene, hq) }
}

function crowdingOf(scene: Scene, key: RouterKey) {
  return scene.books.get(key)?.crowding
}

test('the services of a router share its limit of sessions, in one poll too', async () => {
  const { scene, hq, crowding } = crowded(10, 100)
  const both = [readingOf(scene.clock, users(6), 'hotspot'), readingOf(scene.clock, users(6), 'ppp')]
  await scene.recorder.record(hq, both)
  expect(crowding()).toMatchObject({ sessions: 10, leftOut: 2 })
  expect(scene.snapshot().routers).toMatchObject([
    {
      ...{ hotspot: 6, ppp: 4, overloaded: true },
      overloaded_reason: '2 sessions are left out: raise max_sessions (10) or new_sessions_per_hour (100)',
    },
  ])
})

test('new sessions are limited by the hour', async () => {
  const { read, crowding } = crowded(100, 10)
  await read(users(6))
  await read(users(6, 6))
  expect(crowding()).toMatchObject({ sessions: 4, leftOut: 2 })
  await read(users(6, 6), 3_600)
  expect(crowding()).toMatchObject({ sessions: 6, leftOut: 0 })
})

test('at most as many sessions begin in a minute as may be open', async () => {
  const { read, crowding } = crowded(6_000, 100_000)
  await read(users(6_000))
  await read(users(6_000, 6_000))
  expect(crowding()).toMatchObject({ sessions: 500, leftOut: 5_500 })
  await read(users(6_000, 6_000), 25)
  expect(crowding()).toMatchObject({ sessions: 3_000, leftOut: 3_000 })
})

test('a few sessions may end and begin as often as on a flaky link', async () => {
  const { read, crowding } = crowded(6, 1_000)
  for (let round = 0; round < 20; round++) await read(users(6, round * 6))
  expect(crowding()).toMatchObject({ sessions: 6, leftOut: 0 })
})

test('an answer keeps no more new rows than the hour’s rest or the open sessions allow', async () => {
  const { scene, hq, read } = crowded(100, 10)
  const mostNew = () => scene.books.get(hq)?.admission('hotspot', scene.clock.steadyMs()).mostNew
  expect(mostNew()).toBe(10)
  await read(users(6))
  expect(mostNew()).toBe(4)
  await read(users(6, 6))
  expect(mostNew()).toBe(0)
  await scene.clock.turn(3_600_000)
  expect(mostNew()).toBe(10)
})

test('rows that are left out are an event once an hour', async () => {
  const { scene, hq, read } = crowded(1, 100)
  for (let time = 0; time < 10; time++) await read(users(2))
  const logged = () =>
    scene.books
      .get(hq)
      ?.pending()
      .flatMap(({ events }) => events.filter(it => it.kind === 'left_out'))
  expect(logged()).toHaveLength(1)
  await read(users(2), 3_600)
  expect(logged()).toHaveLength(2)
})

test('a router is logged once near its limits, once beyond them, and once when that is over', async () => {
  const { scene, read } = crowded(10, 1_000)
  await read(users(8))
  expect(scene.lines.told).toEqual([])
  for (let time = 0; time < 3; time++) await read(users(9))
  expect(scene.lines.told).toMatchObject([
    {
      level: 40,
      router: 'acme/hq',
      sessions: 9,
      limits: ['max_sessions'],
      msg: expect.stringContaining('80 %'),
    },
  ])
  for (let time = 0; time < 3; time++) await read(users(12))
  expect(scene.lines.told.slice(1)).toMatchObject([
    { level: 40, router: 'acme/hq', leftOut: 2, msg: expect.stringContaining('are left out') },
  ])
  for (let time = 0; time < 3; time++) await read(users(3))
  expect(scene.lines.told.slice(2)).toMatchObject([
    { level: 30, msg: expect.stringContaining('within its limits again') },
  ])
})

test('what a commit puts under (others) is measured, and the first of each day is an event', async () => {
  const { scene, hq, read } = crowded(10, 100)
  const logged = async (isFirst: boolean) => {
    const others = [{ day: '2026-03-01', isFirst, bytes: { upload: 5n, download: 7n } }]
    scene.store.outcomes.set(hq, { kind: 'committed', others })
    await read(users(1))
    return [...(await scene.recorder.commit([hq])).crowded.values()]
  }
  expect(await logged(true)).toEqual([['2026-03-01']])
  expect(await logged(false)).toEqual([[]])
  expect(scene.books.get(hq)?.others).toEqual({ upload: 10n, download: 14n })
  expect(scene.store.batches.at(-1)).toMatchObject([{ limits: { maxSessions: 10 } }])
})

test('a router near the limit of its bytes is logged too', async () => {
  const { scene, hq, read } = crowded(100, 1_000)
  scene.budgetUses.set(hq, { usedBytes: 80, mostBytes: 100 })
  await read(users(1))
  expect(scene.lines.told).toEqual([])
  scene.budgetUses.set(hq, { usedBytes: 81, mostBytes: 100 })
  for (let time = 0; time < 3; time++) await read(users(1))
  expect(scene.lines.told).toMatchObject([{ level: 40, router: 'acme/hq', limits: ['bytes'] }])
})

test('events of a router beyond their limit are counted, and that is logged once', async () => {
  const { scene, hq, read } = crowded(1, 1_000_000)
  const named = () => scene.lines.told.filter(it => String(it['msg']).includes('too many events'))
  // Each of them is an event, because it should have been in an earlier reading.
  for (let time = 0; time < 500; time++) await read(users(1, time))
  expect(named()).toEqual([])
  const book = scene.books.get(hq) ?? expect.fail()
  expect(book.joinedEvents).toBe(0)
  const waiting = () => book.pending().flatMap(({ events }) => events)
  const before = waiting().length
  const rest = Array.from({ length: 5_000 }, () => ({
    ...{ kind: 'stall' as const, at: scene.clock.now(), detail: { session_id: 'session-1' } },
  }))
  const reading = readingOf(scene.clock, users(1, 499), 'ppp')
  const decision = { ...inOneGo(book.decide(reading, () => expect.fail())), events: rest }
  book.adopt(decision, { bucketMs: 900_000, calendar: new Calendar('UTC') })
  await read(users(1, 499))
  await read(users(1, 499))
  expect(waiting()).toHaveLength(1_002)
  expect(waiting().at(-1)).toMatchObject({ kind: 'joined', detail: { stall: before + 5_000 - 1_001 } })
  expect(named()).toMatchObject([{ level: 40, router: 'acme/hq' }])
  expect(book.joinedEvents).toBe(before + 5_000 - 1_001)
})
