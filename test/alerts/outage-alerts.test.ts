import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { OutageRule } from '../../src/accounting/alert.ts'
import { type LedgerScene, openLedgerScene } from '../store/pg/ledger-scene.ts'
import { acme, hill, hq, WatchScene } from './alert-scene.ts'

const NOON = '2026-11-26T09:00:00.000Z'
const DOWN: OutageRule = { kind: 'router_offline', id: 'down', afterMs: 60_000 }
const NOC = [{ id: 'noc', rules: new Set(['down']) }]

let scene: LedgerScene
let daemon: WatchScene
const others: WatchScene[] = []

beforeAll(async () => {
  scene = await openLedgerScene()
})
afterAll(() => scene.stop())
beforeEach(async () => {
  await scene.begin()
  daemon = watching(NOON)
})
afterEach(async () => {
  await Promise.all([daemon, ...others.splice(0)].map(it => it.stop()))
})

function watching(at: string): WatchScene {
  const it = new WatchScene(scene.url, at)
  it.setRules([DOWN], NOC)
  sight(it, NOON)
  return it
}

/** A daemon that has not read the router yet. */
function another(at = NOON): WatchScene {
  const it = watching(at)
  sight(it, undefined)
  others.push(it)
  return it
}

/** Sets what a daemon knows of the router hq. */
function sight(it: WatchScene, readAt: string | undefined, isEnabled = true): void {
  const lastReadingAt = readAt === undefined ? undefined : new Date(readAt)
  it.routers.set(hq, { isEnabled, lastReadingAt, error: 'timed out\0' })
}

async function look(it: WatchScene, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await it.look()
}

function events() {
  return scene.ask(`select d.event, d.webhook from alert_deliveries as d order by d.alert_id, d.event desc`)
}

test('a router without readings for the time of the rule is offline, once, with its last reading', async () => {
  await look(daemon, 2)
  expect(daemon.takeAlerts()).toEqual([])
  await look(daemon, 3)
  expect(daemon.reported.map(it => it.alert)).toEqual([
    {
      ...{ id: 1, rule: 'down', kind: 'router_offline', scope: 'router', subject: 'hq', period: NOON },
      ...{ fired_at: expect.any(String), ended_at: null },
      detail: { last_reading_at: NOON, error: 'timed out\u2400' },
    },
  ])
})

test('an outage ends with the next reading, is reported, and the next one is another outage', async () => {
  await look(daemon, 4)
  expect(daemon.takeAlerts()).toHaveLength(1)
  sight(daemon, '2026-11-26T09:10:00Z')
  await daemon.look()
  expect(daemon.reported.map(({ alert }) => [alert.id, alert.ended_at !== null])).toEqual([[1, true]])
  expect(daemon.board.recent(acme).map(alert => alert.ended_at !== null)).toEqual([true])
  daemon.takeAlerts()
  await look(daemon, 4)
  expect(daemon.takeAlerts()).toEqual(['down hq 2026-11-26T09:10:00.000Z'])
  expect(await events()).toEqual([
    { event: 'fired', webhook: 'noc' },
    { event: 'ended', webhook: 'noc' },
    { event: 'fired', webhook: 'noc' },
  ])
})

test('two daemons that date its beginning differently report one outage', async () => {
  const other = another('2026-11-26T09:00:05Z')
  for (let n = 0; n < 5; n++) await Promise.all([daemon.look(), other.look()])
  expect(daemon.takeAlerts()).toHaveLength(1)
  expect(other.takeAlerts()).toHaveLength(1)
  expect(await scene.ask('select count(*)::int as count from alerts')).toEqual([{ count: 1 }])
})

test('a daemon that starts during an outage fires no second alert, and ends the first', async () => {
  await look(daemon, 4)
  const later = another()
  await look(later, 5)
  expect(later.takeAlerts()).toEqual([])
  sight(later, '2026-11-26T09:20:00Z')
  await later.look()
  expect(later.takeAlerts()).toEqual([`down hq ${NOON}`])
})

test('a router that was never read is offline since the first look', async () => {
  sight(daemon, undefined)
  await look(daemon, 4)
  expect(daemon.takeAlerts()).toEqual([`down hq ${NOON}`])
  expect(daemon.board.recent(acme)[0]?.detail).toMatchObject({ last_reading_at: null })
})

test('a disabled router is not offline, and its outage ends', async () => {
  daemon.routers.set(hill, { isEnabled: false, lastReadingAt: undefined, error: undefined })
  await look(daemon, 4)
  expect(daemon.takeAlerts()).toEqual([`down hq ${NOON}`])
  sight(daemon, NOON, false)
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual([`down hq ${NOON}`])
  await look(daemon, 4)
  expect(daemon.takeAlerts()).toEqual([])
})

test('the outage of a router ends when the router is removed', async () => {
  await look(daemon, 4)
  daemon.takeAlerts()
  daemon.routers.delete(hq)
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual([])
  await scene.ask(`update routers set removed_at = now() where tenant_id = 'acme' and id = 'hq'`)
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual([`down hq ${NOON}`])
})

test('a change of the wall clock makes no router silent', async () => {
  await daemon.look()
  daemon.clock.setWall('2026-11-26T15:00:00Z')
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual([])
})
