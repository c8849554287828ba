import { expect, test } from 'vitest'
import type { RouterKey } from '../../src/accounting/ids.ts'
import { Scene } from '../recording/recorder-scene.ts'

const BYTES = { upload: 1, download: 1 }
const REFUSED = { menu: '/interface/pppoe-server', reason: 'no such command prefix' }

/** Reads a router every five seconds, for a time. */
async function readFor(
  scene: Scene,
  router: RouterKey,
  seconds: number,
  ann: typeof BYTES | undefined,
): Promise<void> {
  for (let second = 0; second < seconds; second += 5) {
    await scene.clock.turn(5_000)
    await scene.read(router, { ann, bo: BYTES }, 'ppp')
  }
}

test('a router with sessions that stay without counters is logged once, with the refused menus, and once when that is over', async () => {
  const scene = new Scene()
  const hq = scene.addRouter('hq')
  scene.conditions.set(hq, {
    ...{
      state: 'online',
      identity: 'HQ',
      lastError: undefined,
      missingMenus: [REFUSED],
      overloaded: undefined,
    },
  })
  await readFor(scene, hq, 60, undefined)
  expect(scene.lines.told).toEqual([])
  await readFor(scene, hq, 600, undefined)
  expect(scene.lines.told).toMatchObject([
    {
      ...{ level: 40, router: 'acme/hq', sessions: 1 },
      refused: ['/interface/pppoe-server: no such command prefix'],
      msg: 'sessions stay without counters: their bytes are not counted for now',
    },
  ])
  await readFor(scene, hq, 600, BYTES)
  expect(scene.lines.told.slice(1)).toMatchObject([
    { level: 30, router: 'acme/hq', msg: 'all sessions have counters again' },
  ])
})

test('sessions that lack their counters for a reading now and then are not logged', async () => {
  const scene = new Scene()
  const hq = scene.addRouter('hq')
  for (let time = 0; time < 20; time++) {
    await readFor(scene, hq, 55, undefined)
    await readFor(scene, hq, 5, BYTES)
  }
  expect(scene.lines.told).toEqual([])
})

test('each router is logged separately, whatever the reason', async () => {
  const scene = new Scene()
  const [hq, hill] = [scene.addRouter('hq'), scene.addRouter('hill')]
  for (const router of [hq, hill]) await readFor(scene, router, 65, undefined)
  expect(scene.lines.told.map(({ router }) => router)).toEqual(['acme/hq', 'acme/hill'])
  expect(scene.lines.told[0]).not.toHaveProperty('refused')
})
