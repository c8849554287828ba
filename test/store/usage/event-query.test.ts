import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { HalfLoad } from '../../../src/store/housekeeping/half-load.ts'
import { applyRetention } from '../../../src/store/housekeeping/retention.ts'
import { NotMigrated } from '../../../src/store/pg/errors.ts'
import type { TableRow } from '../../../src/store/pg/row-stream.ts'
import { EVENT_COLUMNS, type EventQuestion, events } from '../../../src/store/usage/event-query.ts'
import { createScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { addEvent, BURST, decide, quarantineBurst, sessionOf } from '../events/decision-scene.ts'
import { DAY_MS, type LedgerScene, openLedgerScene } from '../pg/ledger-scene.ts'

const MOST = 9_007_199_254_740_991n
const ANY: EventQuestion = {
  ...{ tenant: undefined, router: undefined, user: undefined, kind: undefined },
  ...{ from: undefined, to: undefined, isUndecided: false },
}

let scene: LedgerScene
/** The events by their names below. */
const ids: Record<string, string> = {}
beforeAll(async () => {
  scene = await openLedgerScene()
  await scene.begin()
  await quarantineBurst(scene)
  ids['burst'] = '1'
  const session = { session_id: await sessionOf(scene, 'amina'), service: 'ppp', username: 'amina' }
  const add = async (name: string, ...[kind, detail, where]: readonly [string, object, object?]) => {
    ids[name] = String(await addEvent(scene, kind, detail, where))
  }
  // Before midnight in Nairobi, and after it.
  const late = { at: '2026-11-23T20:59:59.999Z' }
  await add('baseline', 'baseline', { ...session, upload: 0, download: Number(MOST) }, late)
  const login = { ...session, username: 'bo', login: '2026-11-24T00:00:00Z', upload: 1, download: 2 }
  await add('login', 'glitch', login, { at: '2026-11-23T21:00:00Z', router: 'hill' })
  const fell = { ...session, username: 'bo', directions: ['upload', 'download'], upload: 1, download: 2 }
  await add('fell', 'glitch', fell, { at: '2026-11-23T21:00:00Z', router: 'hill' })
  const lost = { reason: 'lost', readings: 3, upload: Number(MOST), download: Number(MOST) }
  await add('lost', 'discarded', lost, { tenant: 'other', at: '2026-11-25T00:00:00Z' })
  for (const detail of [{}, { upload: 0, download: 0 }, { upload: -1, download: 5 }, { upload: 1 }])
    await add('none', 'quarantine', detail)
  await add('reset', 'reset', { ...session, upload: 5, download: 5 })
})
afterAll(() => scene.stop())

async function asked(more: Partial<EventQuestion>): Promise<readonly TableRow[]> {
  const rows: TableRow[] = []
  for await (const row of events(scene, { ...ANY, ...more })) rows.push(row)
  return rows
}

/** The names of the events that a question returns, in their order. */
async function names(more: Partial<EventQuestion>): Promise<readonly (string | undefined)[]> {
  const rows = await asked(more)
  return rows.map(({ id }) => Object.keys(ids).find(name => ids[name] === id))
}

test('events with bytes are returned, oldest first, with every byte', async () => {
  expect(await names({})).toEqual(['baseline', 'login', 'fell', 'burst', 'lost'])
  const [baseline, login, fell, burst, lost] = await asked({})
  const undecided = { decision: null, decided_by: null, decided_at: null, decision_reason: null }
  const hq = { tenant: 'acme', router: 'hq', service: 'ppp', username: 'amina' }
  expect(baseline).toEqual({
    ...{ id: ids['baseline'], at: '2026-11-23T20:59:59.999Z', ...hq, kind: 'baseline', reason: null },
    ...{ upload: 0n, download: MOST, used: MOST, ...undecided },
  })
  expect(burst).toMatchObject({ ...hq, kind: 'quarantine', ...BURST })
  expect(burst?.['reason']).toMatch(/^more than 10000000000 bit\/s since 2026-11-24T/)
  expect([login?.['reason'], fell?.['reason']]).toEqual(['login', 'upload and download'])
  expect(lost).toMatchObject({ service: null, username: null, reason: 'lost', used: 2n * MOST })
  expect(Object.keys(burst ?? {})).toEqual(EVENT_COLUMNS)
})

test.each([
  [{ tenant: 'other' }, ['lost']],
  [{ tenant: 'ghost' }, []],
  [{ router: 'hill' }, ['login', 'fell']],
  [{ user: 'amina' }, ['baseline', 'burst']],
  [{ kind: 'discarded' }, ['lost']],
  [{ tenant: 'acme', user: 'bo', kind: 'quarantine' }, []],
  [{ to: '2026-11-23' }, ['baseline']],
  [{ from: '2026-11-24', to: '2026-11-24' }, ['login', 'fell', 'burst']],
  [{ from: '2026-11-25' }, ['lost']],
] as const)('of %j these', async (question, expected) => {
  expect(await names(question)).toEqual(expected)
})

test('the decision is returned with its event, also when the event is no longer kept', async () => {
  await decide(scene, 1, 'accepted', { by: 'ann', reason: 'a backup, it was' })
  await decide(scene, ids['lost'] ?? '', 'rejected', { by: 'bo', reason: 'nobody’s' })
  expect(await names({ isUndecided: true })).toEqual(['baseline', 'login', 'fell'])
  const before = await asked({})
  expect(before[3]).toMatchObject({
    ...{ decision: 'accepted', decided_by: 'ann', decision_reason: 'a backup, it was', ...BURST },
    decided_at: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  })
  expect(before[4]).toMatchObject({ decision: 'rejected', decided_by: 'bo' })
  const terms = { deltasMs: DAY_MS, sessionsMs: DAY_MS }
  const { signal } = new AbortController()
  const later = new Date(Date.parse('2026-11-24T00:00:00Z') + 10 * 365 * DAY_MS)
  await applyRetention(scene.database, terms, later, new HalfLoad(systemClock, signal))
  expect(await asked({})).toEqual([before[3], before[4]])
  expect(await names({ isUndecided: true })).toEqual([])
})

test('a reader holds only the events that were taken', async () => {
  await scene.ask(`insert into ledger_events (tenant_id, router_id, at, kind, detail)
    select 'other', 'hq', now(), 'baseline', '{"upload": 1, "download": 2}' from generate_series(1, 5000)`)
  let count = 0
  for await (const _ of events(scene, { ...ANY, tenant: 'other', kind: 'baseline' }))
    if (++count === 1_500) break
  expect(count).toBe(1_500)
})

test('a database that no daemon has used says what to do', async () => {
  const scratch = await createScratchDatabase()
  const bare = new URL(scratch.url)
  bare.pathname = '/postgres'
  const rows = events({ url: bare.href }, ANY)
  await expect(Promise.resolve(rows[Symbol.asyncIterator]().next())).rejects.toThrow(NotMigrated)
  await expect(decide({ url: bare.href }, 1, 'accepted')).rejects.toThrow(NotMigrated)
  await scratch.drop()
})
