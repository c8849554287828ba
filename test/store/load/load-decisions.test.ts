import { afterAll, beforeAll, expect, test } from 'vitest'
import { decideEvent } from '../../../src/store/events/decide-event.ts'
import { during, untilWaiting } from '../commit/lease-scene.ts'
import { addEvent, BURST, DECISION, decide, quarantineBurst } from '../events/decision-scene.ts'
import { type LedgerScene, openLedgerScene } from '../pg/ledger-scene.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
  await scene.begin()
  await quarantineBurst(scene)
})
afterAll(() => scene.stop())

test('decisions have ids in the order in which they become visible, whatever they are about', async () => {
  const detail = { upload: 1, download: 1 }
  const event = await addEvent(scene, 'discarded', detail, { tenant: 'other' })
  const { later } = await during(
    scene,
    client => decideEvent(client, DECISION),
    'rollback',
    async () => {
      const later = decide(scene, event, 'rejected')
      await untilWaiting(scene, 'tikmeter-credit')
      expect(await scene.store.loadDecisions(0)).toEqual([])
      return { later }
    },
  )
  await later
  await decide(scene, 1, 'accepted')
  const [first, second, ...more] = await scene.store.loadDecisions(0)
  expect([first?.tenant, second?.tenant, more]).toEqual(['other', 'acme', []])
  expect(first?.credit).toBeUndefined()
  expect(second).toMatchObject({ router: 'hq', credit: { day: '2026-11-24', bytes: BURST } })
  expect(await scene.store.loadDecisions(first?.id ?? 0)).toEqual([second])
  expect(await scene.store.loadLastDecision()).toBe(second?.id)
})
