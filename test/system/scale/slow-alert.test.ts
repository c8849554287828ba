import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { WatchScene } from '../../alerts/alert-scene.ts'
import { type LedgerScene, openLedgerScene } from '../../store/pg/ledger-scene.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.begin())
afterAll(() => scene.stop())

/** Writes what a statement of another daemon leaves that began `minutes` ago and finishes only now. */
async function fireSince(minutes: number, number: number): Promise<void> {
  const began = `now() - interval '${minutes} minutes'`
  await scene.ask(`insert into alerts (tenant_id, number, rule, kind, scope, subject, period, detail, fired_at, changed_at)
    values ('acme', ${number}, 'heavy', 'usage', 'user', 'user${number}', '2026-11',
      '{"used":5,"threshold":1,"quota":null}', ${began}, ${began})`)
}

test('an alert is reported once, even if the statement that fired it took ten minutes', async () => {
  const daemon = new WatchScene(scene.url, '2026-11-26T09:00:00.000Z')
  daemon.setRules([])
  await daemon.look()
  await fireSince(10, 1)
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual(['heavy user1 2026-11'])
  await fireSince(9, 2)
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual(['heavy user2 2026-11'])
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual([])
  await daemon.stop()
})
