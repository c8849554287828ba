import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { decideEvent } from '../../../src/store/events/decide-event.ts'
import { HalfLoad } from '../../../src/store/housekeeping/half-load.ts'
import { applyRetention } from '../../../src/store/housekeeping/retention.ts'
import { partitionName, weekOf } from '../../../src/store/schema/partitions.ts'
import { during, duringCommit, untilWaiting } from '../commit/lease-scene.ts'
import { grown, type ReadRouter, readingAt, sessionAt } from '../commit/read-router.ts'
import { rollupFaultsIn } from '../housekeeping/rollup-faults.ts'
import { DAY_MS, type LedgerScene, openLedgerScene, sums, US } from '../pg/ledger-scene.ts'
import { addEvent, BURST, BURST_AT, DECISION, decide, quarantineBurst, sessionOf } from './decision-scene.ts'

const MOST = 9_007_199_254_740_991n
const CREDIT = 'tikmeter-credit'

let scene: LedgerScene
let hq: ReadRouter
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(async () => {
  await scene.begin()
  hq = await quarantineBurst(scene)
})
afterAll(() => scene.stop())

const COUNTED = 3_000n
const WITH_BURST = COUNTED + BURST.upload + BURST.download

async function expectAll(bytes: bigint): Promise<void> {
  const all = String(bytes)
  expect(await sums(scene)).toEqual([{ sessions: all, deltas: all, daily: all, tenant_daily: all }])
  expect(await rollupFaultsIn(scene.database.pool)).toEqual([])
}

/** All rows of the usage tables and of the events. */
async function tables(): Promise<unknown> {
  const all: Record<string, unknown> = {}
  for (const table of [
    ...['user_sessions', 'session_deltas', 'usage_daily', 'tenant_usage_daily', 'ledger_events', 'routers'],
  ])
    all[table] = await scene.ask(`select to_jsonb(t) as row from ${table} as t order by t`)
  return all
}

function decisions(): Promise<readonly Record<string, unknown>[]> {
  return scene.ask('select event_id, decision, decided_by from event_decisions order by id')
}

test('bytes of an accepted event are added to all four tables, in its bucket and on its day', async () => {
  await expectAll(COUNTED)
  expect(await decide(scene, 1, 'accepted')).toEqual({
    ...{ kind: 'decided', tenant: 'acme', ...BURST },
    credited: { username: 'amina', day: '2026-11-24' },
  })
  await expectAll(WITH_BURST)
  const id = await sessionOf(scene, 'amina')
  const added = { upload: String(1_000n + BURST.upload), download: String(2_000n + BURST.download) }
  expect(
    await scene.ask(`select data_upload as upload, data_download as download from user_sessions`),
  ).toEqual([added])
  const key = { day: '2026-11-24', router_id: 'hq', service: 'ppp' }
  expect(
    await scene.ask('select day::text, router_id, service, username, upload, download from usage_daily'),
  ).toEqual([{ ...key, username: 'amina', ...added }])
  expect(
    await scene.ask('select day::text, router_id, service, upload, download from tenant_usage_daily'),
  ).toEqual([{ ...key, ...added }])
  // Earlier bytes moved before 12:00, and the burst at 12:00.
  expect(
    await scene.ask(
      `select session_id, bucket_start, upload, download from session_deltas order by bucket_start desc limit 1`,
    ),
  ).toEqual([
    {
      session_id: id,
      bucket_start: new Date(BURST_AT),
      upload: String(BURST.upload),
      download: String(BURST.download),
    },
  ])
  expect(
    await scene.ask(`select event_id, tenant_id, router_id, kind, detail ->> 'session_id' as session, decision, upload,
      download, day::text, username, reason, decided_by from event_decisions`),
  ).toEqual([
    {
      ...{ event_id: '1', tenant_id: 'acme', router_id: 'hq', kind: 'quarantine', session: id },
      ...{ decision: 'accepted', upload: String(BURST.upload), download: String(BURST.download) },
      ...{ day: '2026-11-24', username: 'amina', reason: 'a backup', decided_by: 'ops' },
    },
  ])
})

test('the day is the tenant’s, and the bucket has the width in the config', async () => {
  const detail = { session_id: await sessionOf(scene, 'amina'), upload: 10, download: 0 }
  // 0:07 in Nairobi.
  const event = await addEvent(scene, 'glitch', detail, { at: '2026-11-23T21:07:10Z' })
  expect(await decide(scene, event, 'accepted', { bucketMs: 300_000 })).toMatchObject({
    credited: { day: '2026-11-24' },
  })
  // 23:59 in Nairobi.
  const before = await addEvent(scene, 'baseline', detail, { at: '2026-11-23T20:59:59.999Z' })
  expect(await decide(scene, before, 'accepted', { bucketMs: 60_000 })).toMatchObject({
    credited: { day: '2026-11-23' },
  })
  expect(
    await scene.ask('select bucket_start, upload from session_deltas order by bucket_start limit 2'),
  ).toEqual([
    { bucket_start: new Date('2026-11-23T20:59:00Z'), upload: '10' },
    { bucket_start: new Date('2026-11-23T21:05:00Z'), upload: '10' },
  ])
  await expectAll(COUNTED + 20n)
})

test('a rejected event changes no number, and is decided', async () => {
  const before = await tables()
  expect(await decide(scene, 1, 'rejected')).toEqual({
    ...{ kind: 'decided', tenant: 'acme', ...BURST, credited: undefined },
  })
  expect(await tables()).toEqual(before)
  expect(await decisions()).toEqual([{ event_id: '1', decision: 'rejected', decided_by: 'ops' }])
})

test('a decision is final: a second one returns who made it and when', async () => {
  await decide(scene, 1, 'rejected', { by: 'ann' })
  const before = await tables()
  const [{ decided_at } = {}] = await scene.ask('select decided_at from event_decisions')
  for (const decision of ['accepted', 'rejected'] as const)
    expect(await decide(scene, 1, decision)).toEqual({
      ...{ kind: 'already', decision: 'rejected', by: 'ann', at: decided_at },
    })
  expect(await tables()).toEqual(before)
})

test('if many decide at once one succeeds, and the bytes are added once', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, (_, n) => decide(scene, 1, 'accepted', { by: `ops-${n}` })),
  )
  const kinds = outcomes.map(it => it.kind).sort()
  expect(kinds).toEqual([...Array.from({ length: 5 }, () => 'already'), 'decided'])
  expect(await decisions()).toHaveLength(1)
  await expectAll(WITH_BURST)
})

describe('nothing is decided, and nothing changes,', () => {
  test('for an unknown event', async () => {
    expect(await decide(scene, 4711, 'accepted')).toEqual({ kind: 'unknown' })
  })

  test.each(['reset', 'set_aside', 'moved', 'stall'])('for an event of kind %s', async kind => {
    const event = await addEvent(scene, kind, { upload: 5, download: 5 })
    for (const decision of ['accepted', 'rejected'] as const)
      expect(await decide(scene, event, decision)).toEqual({ kind: 'undecidable', eventKind: kind })
  })

  test.each([
    '{}',
    '{"upload": 0, "download": 0}',
    '{"upload": 5}',
    '{"upload": -1, "download": 7}',
    '{"upload": 7, "download": 0.5}',
    '{"upload": "7", "download": 0}',
    '{"upload": 7, "download": null}',
    '{"upload": 7, "download": [1]}',
    '{"upload": 9223372036854775808, "download": 0}',
    '{"upload": 1e400, "download": 0}',
    '[]',
    '"upload"',
  ])('of bytes that are none: %s', async detail => {
    const event = await addEvent(scene, 'quarantine', detail)
    for (const decision of ['accepted', 'rejected'] as const)
      expect(await decide(scene, event, decision)).toEqual({ kind: 'no_bytes' })
  })

  test.each([
    ['that names no session', {}],
    ['whose session is no id', { session_id: "x' or true --" }],
  ])('of an event %s, but that it may be rejected', async (_, more) => {
    const event = await addEvent(scene, 'discarded', { upload: 5, download: 5, ...more })
    expect(await decide(scene, event, 'accepted')).toEqual({ kind: 'no_session' })
    await expectAll(COUNTED)
    expect(await decide(scene, event, 'rejected')).toMatchObject({ kind: 'decided' })
  })

  test.each([
    ['is gone', 'hq', 'delete from user_sessions'],
    ['is of another router', 'hill', 'select'],
  ])('of a session that %s, but that it may be rejected', async (_, router, change) => {
    const detail = { session_id: await sessionOf(scene, 'amina'), upload: 5, download: 5 }
    const event = await addEvent(scene, 'quarantine', detail, { router })
    await scene.ask(change)
    const before = await tables()
    expect(await decide(scene, event, 'accepted')).toEqual({ kind: 'session_gone' })
    expect(await tables()).toEqual(before)
    expect(await decide(scene, event, 'rejected')).toMatchObject({ kind: 'decided' })
  })

  test('for another tenant’s session', async () => {
    const detail = { session_id: await sessionOf(scene, 'amina'), upload: 5, download: 5 }
    const event = await addEvent(scene, 'quarantine', detail, { tenant: 'other' })
    expect(await decide(scene, event, 'accepted')).toEqual({ kind: 'session_gone' })
    await expectAll(COUNTED)
  })

  test('for more bytes than a session can count', async () => {
    const detail = { session_id: await sessionOf(scene, 'amina'), upload: Number(MOST - 999n), download: 0 }
    const event = await addEvent(scene, 'glitch', detail)
    expect(await decide(scene, event, 'accepted')).toEqual({ kind: 'too_many' })
    await expectAll(COUNTED)
  })
})

test('the greatest exact count of bytes is added to the byte', async () => {
  const detail = { session_id: await sessionOf(scene, 'amina'), upload: Number(MOST - 1_000n), download: 0 }
  const event = await addEvent(scene, 'glitch', detail)
  await decide(scene, event, 'accepted')
  await expectAll(MOST + 2_000n)
  // And a daemon can continue from it.
  const [stored] = [...(await scene.store.load([hq])).values()]
  const [session] = [...(stored?.ledgers.get('ppp')?.unnumbered.values() ?? [])]
  expect(session?.recorded).toEqual({ upload: Number(MOST), download: 2_000 })
})

test('past the retention of session_deltas the other tables get the bytes', async () => {
  const detail = { session_id: await sessionOf(scene, 'amina'), upload: 10, download: 1 }
  const event = await addEvent(scene, 'quarantine', detail, { at: '2026-08-03T12:00:00Z' })
  const partition = partitionName(weekOf(Date.parse('2026-08-03T12:00:00Z')))
  expect(await scene.ask(`select from pg_class where relname = '${partition}'`)).toEqual([])
  await decide(scene, event, 'accepted')
  const more = String(COUNTED + 11n)
  expect(await sums(scene)).toEqual([
    { sessions: more, deltas: String(COUNTED), daily: more, tenant_daily: more },
  ])
  expect(await scene.ask('select min(day)::text as day from usage_daily')).toEqual([{ day: '2026-08-03' }])
})

test.each([
  ['updated', `update event_decisions set reason = 'another'`],
  ['updated, where none is met,', `update event_decisions set reason = 'another' where false`],
  ['deleted', 'delete from event_decisions'],
  ['truncated', 'truncate event_decisions'],
])('a decision cannot be %s', async (_, statement) => {
  await decide(scene, 1, 'rejected')
  await expect(scene.ask(statement)).rejects.toThrow('append-only')
  expect(await decisions()).toHaveLength(1)
})

test('a decision outlives its event and its session', async () => {
  await decide(scene, 1, 'accepted')
  await scene.ask(`update user_sessions set status = 'ended', end_time = now()`)
  const terms = { deltasMs: 100 * 365 * DAY_MS, sessionsMs: DAY_MS }
  const { signal } = new AbortController()
  const later = new Date(Date.now() + 10 * 365 * DAY_MS)
  await applyRetention(scene.database, terms, later, new HalfLoad(systemClock, signal))
  expect(
    await scene.ask('select id::text from user_sessions union all select id::text from ledger_events'),
  ).toEqual([])
  expect(await decide(scene, 1, 'accepted')).toMatchObject({ kind: 'already', by: 'ops' })
  expect(await decisions()).toHaveLength(1)
})

describe('during a commit of the router', () => {
  const next = () => {
    const atMs = BURST_AT + 5_000
    const [upload, download] = [1_100 + Number(BURST.upload), 2_000 + Number(BURST.download)]
    hq.read(readingAt(atMs, 'ppp', [sessionAt(atMs, BURST_AT - 60_000, 'amina', upload, download)]))
    return grown(hq.takeCommit())
  }

  test('a decision waits for it, and both are added', async () => {
    const { decided } = await duringCommit(scene, [next()], 'commit', async () => {
      const decided = decide(scene, 1, 'accepted')
      await untilWaiting(scene, CREDIT)
      return { decided }
    })
    expect(await decided).toMatchObject({ kind: 'decided' })
    await expectAll(WITH_BURST + 100n)
  })

  test('the commit waits for a decision, and both are added', async () => {
    const commit = next()
    const { committed } = await during(
      scene,
      client => decideEvent(client, DECISION),
      'commit',
      async () => {
        const committed = scene.store.commit([commit])
        await untilWaiting(scene, US)
        return { committed }
      },
    )
    expect([...(await committed).values()]).toEqual([{ kind: 'committed' }])
    await expectAll(WITH_BURST + 100n)
  })
})
