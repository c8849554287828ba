import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Housekeeping } from '../../../src/store/housekeeping/housekeeping.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { rethrow } from '../../runtime/rethrow.ts'
import { DAY_MS, type LedgerScene, NOON, openLedgerScene } from '../pg/ledger-scene.ts'

const TERMS = { deltasMs: 90 * DAY_MS, sessionsMs: 400 * DAY_MS }
const HOUR_MS = 3_600_000

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.begin())
afterAll(() => scene.stop())

/** Turns the clock until a condition holds, and waits for the real database in between. */
async function turnUntil(clock: HandClock, isSo: () => boolean): Promise<void> {
  await expect
    .poll(async () => {
      await clock.turn(0)
      return isSo()
    })
    .toBe(true)
}

test('daily tables that disagree are logged after the start, and then once a day', async () => {
  await scene.database.pool.query(
    `insert into tenant_usage_daily values ('acme', '2026-11-24', 'hq', 'ppp', 7, 8)`,
  )
  const clock = new HandClock(new Date(NOON))
  const { log, lines } = new LogLines()
  const { database } = scene
  const housekeeping = new Housekeeping({ database, terms: TERMS, clock, log, onBug: rethrow })
  housekeeping.start()
  const logged = () => lines.filter(line => String(line['msg']).startsWith('the daily tables disagree'))
  await turnUntil(clock, () => logged().length === 1)
  expect(logged()[0]).toMatchObject({
    ...{ tenant: 'acme', month: '2026-11-01' },
    ...{ subscribers: { upload: 0, download: 0 }, routers: { upload: 7, download: 8 } },
  })
  for (let hour = 0; hour < 23; hour++) {
    await turnUntil(clock, () => clock.sleepers === 1)
    await clock.turn(HOUR_MS)
  }
  await turnUntil(clock, () => clock.sleepers === 1)
  expect(logged()).toHaveLength(1)
  await clock.turn(HOUR_MS)
  await turnUntil(clock, () => logged().length === 2)
  await housekeeping.stop()
})
