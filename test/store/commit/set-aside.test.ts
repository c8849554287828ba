import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RouterCommit } from '../../../src/recording/ports.ts'
import { NOTHING_PENDING } from '../../accounting/readings.ts'
import { busyRouters, key, NOON, US } from '../pg/ledger-scene.ts'
import { during, untilWaiting } from './lease-scene.ts'
import { COMMITTED, openPoisonScene, type PoisonScene, readAt } from './poison-scene.ts'
import { ReadRouter, readingAt } from './read-router.ts'

let scene: PoisonScene
beforeAll(async () => {
  scene = await openPoisonScene()
})
beforeEach(() => scene.begin())
afterEach(() => scene.cure())
afterAll(() => scene.stop())

test('bytes that are not a count stop nothing', async () => {
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 100, bo: 1 })
  const commit = hq.takeCommit()
  const sessions = new Map(commit.pending.sessions)
  for (const [id, change] of sessions)
    if (change.session.username === 'bo') {
      const shares = Array.from(change.shares, ([at, share]) => [at, { ...share, upload: 0.5 }] as const)
      sessions.set(id, { ...change, shares: new Map(shares) })
    }
  expect(await scene.commitOne({ ...commit, pending: { ...commit.pending, sessions } })).toMatchObject({
    setAside: [{ reason: 'not a count of bytes: 0.5' }],
  })
  await scene.expectRecorded(300)
})

test.each([Number.NaN, -1e300])('a login that is not an instant (%s) stops nothing', async startMs => {
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 100, bo: 1 })
  const commit = hq.takeCommit()
  const sessions = new Map(
    Array.from(commit.pending.sessions, ([id, change]) => {
      const isBo = change.session.username === 'bo'
      return [id, isBo ? { ...change, session: { ...change.session, startMs } } : change] as const
    }),
  )
  expect(await scene.commitOne({ ...commit, pending: { ...commit.pending, sessions } })).toMatchObject({
    setAside: [{ reason: expect.stringMatching(/^not an instant/) }],
  })
  await scene.expectRecorded(300)
})

test('an event that is refused is kept in the event that reports it', async () => {
  await scene.poison('ledger_events', `kind <> 'reset'`)
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 100, bo: 10 })
  readAt(hq, 1, { amina: 4, bo: 20 })
  readAt(hq, 2, { amina: 5, bo: 20 })
  expect(await scene.commitOne(hq.takeCommit())).toMatchObject({ setAside: [{ what: 'event reset' }] })
  await scene.expectRecorded(315 + 60)
  expect(await scene.setAsideDetails()).toMatchObject([
    {
      ...{ entry: 'event', kind: 'reset', at: new Date(NOON + 24_000).toISOString() },
      detail: { username: 'amina', before: { upload: 100 }, after: { upload: 5 } },
    },
  ])
})

test('a binding that is refused is deleted, because counting on from an old value would count twice', async () => {
  const hq = new ReadRouter('acme', 'hq')
  const readBindings = (atMs: number, upload: number) => {
    const bindings = ['good', 'bad'].map(name => ({ name, counters: { upload, download: 0 } }))
    hq.read(readingAt(atMs, 'ppp', [], { bindings }))
  }
  readBindings(NOON, 10)
  await scene.commitOne(hq.takeCommit())
  await scene.poison('binding_counters', `interface <> 'bad'`)
  readBindings(NOON + 5_000, 20)
  expect(await scene.commitOne(hq.takeCommit())).toMatchObject({ setAside: [{ what: 'binding bad' }] })
  expect(await scene.ask('select interface, upload::int from binding_counters')).toEqual([
    { interface: 'good', upload: 20 },
  ])
  expect(await scene.setAsideDetails()).toMatchObject([
    { entry: 'binding', name: 'bad', counters: { upload: 20, download: 0 } },
  ])
  readBindings(NOON + 10_000, 35)
  expect(await scene.commitOne(hq.takeCommit())).toEqual(COMMITTED)
  expect(await scene.setAsideDetails()).toMatchObject([
    { entry: 'binding', name: 'bad', counters: { upload: 35, download: 0 }, times: 2 },
  ])
})

test('of many entries exactly those are set aside that are refused, wherever they are', async () => {
  await scene.poison('user_sessions', `username not like 'poison%'`)
  await scene.poison('usage_daily', `username <> 'bytes'`)
  await scene.poison('ledger_events', `kind <> 'reset'`)
  const hq = new ReadRouter('acme', 'hq')
  const names = Array.from({ length: 200 }, (_, n) => (n % 67 === 0 ? `poison${n}` : `user${n}`))
  const bytes = (each: number) => Object.fromEntries([...names, 'bytes'].map(name => [name, each]))
  readAt(hq, 0, bytes(100))
  readAt(hq, 1, { ...bytes(110), user7: 4, user90: 6 })
  readAt(hq, 2, { ...bytes(110), user7: 5, user90: 6 })
  const result = await scene.commitOne(hq.takeCommit())
  expect(result).toMatchObject({ kind: 'committed' })
  const details = await scene.ask(`select detail->>'entry' as entry, count(*)::int as n,
    sum((detail->>'upload')::int)::int as upload from ledger_events where kind = 'set_aside' group by 1 order by 1`)
  expect(details).toEqual([
    { entry: 'bytes', n: 1, upload: 110 },
    { entry: 'event', n: 2, upload: null },
    { entry: 'session', n: 3, upload: 330 },
  ])
  await scene.expectRecorded(3 * (195 * 110 + 105 + 106))
  expect(await scene.ask('select count(*)::int as n from user_sessions')).toEqual([{ n: 198 }])
  expect(await scene.commitOne({ ...hq.takeCommit(), pending: emptyAfter(3) })).toEqual({ kind: 'already' })
})

function emptyAfter(position: number): RouterCommit['pending'] {
  return { basePosition: position - 1, position, ...NOTHING_PENDING }
}

test('a text that is refused even in an event is omitted', async () => {
  await scene.poison('user_sessions', `username <> 'poison'`)
  await scene.poison('ledger_events', `detail::text not like '%"poison"%'`)
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 100, poison: 10 })
  expect(await scene.commitOne(hq.takeCommit())).toMatchObject({ setAside: [{}] })
  const [detail] = await scene.setAsideDetails()
  expect(detail).toMatchObject({ entry: 'session', service: 'ppp', upload: 10, download: 20 })
  expect(detail).not.toHaveProperty('username')
  readAt(hq, 1, { amina: 100, poison: 13 })
  expect(await scene.commitOne(hq.takeCommit())).toEqual(COMMITTED)
  const details = await scene.setAsideDetails()
  expect(details).toMatchObject([{ entry: 'session', upload: 13, download: 26, times: 2 }])
})

test('if nothing can be set aside, nothing is written until it can', async () => {
  await scene.poison('user_sessions', `username <> 'poison'`)
  await scene.poison('ledger_events', `kind <> 'set_aside'`)
  const [, hill] = busyRouters()
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 100, poison: 10 })
  const commit = hq.takeCommit()
  const result = await scene.store.commit([commit, hill.takeCommit()])
  expect(result.get(key(hq))).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('ledger_events'),
  })
  expect(result.get(key(hill))).toEqual(COMMITTED)
  await scene.expectRecorded(120)
  await scene.cure()
  expect(await scene.commitOne(commit)).toEqual(COMMITTED)
  await scene.expectRecorded(120 + 330)
})

test('a connection that breaks during the search for refused entries has changed nothing', async () => {
  await scene.poison('user_sessions', `username <> 'poison'`)
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 100, poison: 10 })
  for (const n of [1, 2]) readAt(hq, n, { amina: 1, poison: 10 })
  const commit = hq.takeCommit()
  // By then the sessions are written and their refusals known: the event of the reset waits.
  const lost = await during(
    scene,
    client => client.query('lock table ledger_events in exclusive mode'),
    'rollback',
    async () => {
      const outcome = scene.store.commit([commit]).catch((error: unknown) => error)
      await untilWaiting(scene, US)
      await scene.ask(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`)
      return outcome
    },
  )
  expect(lost).toMatchObject({ name: 'DatabaseUnavailable', retryable: true })
  expect(await scene.ask('select count(*)::int as n from routers where position > 0')).toEqual([{ n: 0 }])
  expect(await scene.ask('select count(*)::int as n from user_sessions')).toEqual([{ n: 0 }])
  expect(await scene.commitOne(commit)).toMatchObject({ kind: 'committed', setAside: [{}] })
  expect(await scene.commitOne(commit)).toEqual({ kind: 'already' })
  await scene.expectRecorded(303)
  expect(await scene.setAsideDetails()).toHaveLength(1)
})

test('nothing of a lost router is set aside', async () => {
  await scene.poison('user_sessions', `username <> 'poison'`)
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { poison: 10 })
  await scene.leases.acquire([hq])
  expect(await scene.commitOne(hq.takeCommit())).toEqual({ kind: 'lost' })
  expect(await scene.setAsideDetails()).toEqual([])
})
