import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RefusedEntry } from '../../../src/store/commit/refused-entry.ts'
import { recordRefused } from '../../../src/store/commit/set-aside-events.ts'
import { inTransaction } from '../../../src/store/pg/transaction.ts'
import { scopeOf } from '../../../src/store/schema/layout.ts'
import { ReadRouter } from '../../store/commit/read-router.ts'
import { type LedgerScene, NOON, openLedgerScene } from '../../store/pg/ledger-scene.ts'

const ENTRIES = 5_000
const ROUNDS = 2

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
  await scene.begin()
})
afterAll(() => scene.stop())

let looks = 0

/** An entry that counts how often its subject is looked at. */
function refusedSession(number: number): RefusedEntry {
  const id = `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`
  return {
    what: `session ${id}`,
    get subject() {
      looks++
      return { property: 'session_id', value: id, sinceMs: NOON } as const
    },
    reason: 'refused',
    facts: { entry: 'session', session_id: id, upload: 1, download: 2 },
    more: {},
  }
}

test('5,000 sessions refused commit after commit have one event each, and none is searched for the others', async () => {
  const hq = new ReadRouter('acme', 'hq')
  const commit = { ...hq, epoch: 1, pending: hq.takeCommit().pending }
  const refused = Array.from({ length: ENTRIES }, (_, number) => refusedSession(number))
  const counts: number[] = []
  const layout = await scene.database.layout()
  for (let round = 0; round < ROUNDS; round++)
    await inTransaction(scene.database.pool, 'read committed', async client => {
      const fresh = await recordRefused(
        scopeOf(layout, client, [commit.tenant]),
        commit,
        refused,
        new Date(NOON + round),
      )
      counts.push(fresh.length)
    })
  expect(counts).toEqual([ENTRIES, 0])
  expect(looks).toBeLessThanOrEqual(4 * ROUNDS * ENTRIES)
  expect(
    await scene.ask(`select count(*)::int as events, sum((detail ->> 'upload')::int)::int as upload
      from ledger_events where kind = 'set_aside'`),
  ).toEqual([{ events: ENTRIES, upload: ROUNDS * ENTRIES }])
})
