import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { AlertJson } from '../../src/accounting/alert.ts'
import { type LedgerScene, openLedgerScene } from '../store/pg/ledger-scene.ts'
import { acme, limit, usageRule, WatchScene } from './alert-scene.ts'

const HEARS = [{ id: 'noc', rules: new Set(['heavy', 'silent']) }]

let scene: LedgerScene
let daemon: WatchScene

beforeAll(async () => {
  scene = await openLedgerScene()
})
afterAll(() => scene.stop())
beforeEach(async () => {
  await scene.begin()
  daemon = new WatchScene(scene.url, '2026-11-26T09:00:00Z')
})
afterEach(() => daemon.stop())

/** Subscribers of one router above every threshold. */
async function usersOf(router: string, count: number): Promise<void> {
  await scene.ask(`insert into usage_daily
    select 'acme', '2026-11-26', '${router}', 'ppp', '${router}-' || n, 5, 5 from generate_series(1, ${count}) as n`)
}

function takeAlerts(): readonly AlertJson[] {
  return daemon.reported.splice(0).map(it => it.alert)
}

function more(alerts: readonly AlertJson[]) {
  return alerts.flatMap(it => (it.kind === 'more' ? [{ rule: it.rule, of: it.subject, ...it.detail }] : []))
}

test('a router with very many alerts gets 200 a minute reported, then one that says how many more', async () => {
  daemon.setRules([usageRule({ usual: limit(1) })], HEARS)
  await usersOf('liar', 1_200)
  await usersOf('hill', 90)
  await daemon.look()
  const first = takeAlerts()
  expect(first.filter(it => it.subject.startsWith('liar-'))).toHaveLength(200)
  expect(first.filter(it => it.subject.startsWith('hill-'))).toHaveLength(90)
  expect(more(first)).toEqual([{ rule: 'heavy', of: 'liar', count: 1_000 - 90 - 200 }])
  expect(first.at(-1)).toMatchObject({ kind: 'more', scope: 'router', ended_at: null })
  await daemon.look()
  expect(more(takeAlerts())).toEqual([{ rule: 'heavy', of: 'liar', count: 290 }])
  await daemon.look()
  expect(takeAlerts()).toEqual([])
  expect(await scene.ask('select kind, count(*)::int as n from alerts group by 1 order by 1')).toEqual([
    { kind: 'more', n: 2 },
    { kind: 'usage', n: 1_290 },
  ])
  expect(await scene.ask('select count(*)::int as n from alert_deliveries')).toEqual([{ n: 290 + 2 }])
})

test('a minute later further alerts of the router are reported', async () => {
  daemon.setRules([usageRule({ usual: limit(1) })], HEARS)
  await usersOf('liar', 250)
  await daemon.look()
  expect(takeAlerts()).toHaveLength(201)
  await scene.ask(`update alerts set changed_at = changed_at - interval '61 seconds'`)
  await usersOf('liar2', 10)
  await scene.ask(`update usage_daily set router_id = 'liar' where router_id = 'liar2'`)
  await daemon.look()
  expect(takeAlerts().map(it => it.kind)).toEqual(Array(10).fill('usage'))
})

test('sessions that stall by the hundred have the same limit', async () => {
  daemon.setRules([{ kind: 'session_stalled', id: 'silent', scope: 'user' }], HEARS)
  await scene.ask(`insert into ledger_events (tenant_id, router_id, at, kind, detail)
    select 'acme', 'hq', '2026-11-26T08:00:00Z', 'stall', jsonb_build_object('username', 'user' || n,
      'session_id', '01999999-0000-7000-8000-000000000001', 'service', 'ppp') from generate_series(1, 300) as n`)
  await daemon.look()
  const alerts = takeAlerts()
  expect(alerts).toHaveLength(201)
  expect(more(alerts)).toEqual([{ rule: 'silent', of: 'hq', count: 100 }])
})

test('alert numbers grow without duplicates, whether reported or not', async () => {
  daemon.setRules([usageRule({ usual: limit(1) }), usageRule({ id: 'silent', usual: limit(2) })])
  for (const router of ['a', 'b', 'c']) await usersOf(router, 150)
  await daemon.look()
  const numbers = await scene.ask('select number::int, kind from alerts order by number')
  // 100 alerts of the second rule are above the limit, for each router.
  expect(numbers.map(({ number }) => number)).toEqual(Array.from({ length: 903 }, (_, index) => index + 1))
  expect(numbers.slice(-3).map(({ kind }) => kind)).toEqual(['more', 'more', 'more'])
  expect(daemon.board.recent(acme)).toHaveLength(20)
})

test('all alerts about routers and tenants are reported, however many there are', async () => {
  daemon.setRules([
    { kind: 'session_stalled', id: 'silent', scope: 'router' },
    usageRule({ id: 'all', scope: 'tenant', usual: limit(1) }),
  ])
  await scene.ask(`insert into tenant_usage_daily values ('acme', '2026-11-26', 'hq', 'ppp', 5, 5)`)
  await scene.ask(`insert into ledger_events (tenant_id, router_id, at, kind, detail)
    select 'acme', 'r' || n, '2026-11-26T08:00:00Z', 'stall', jsonb_build_object('username', 'ann',
      'session_id', '01999999-0000-7000-8000-000000000001', 'service', 'ppp') from generate_series(1, 300) as n`)
  await daemon.look()
  const alerts = takeAlerts()
  expect([alerts.length, more(alerts)]).toEqual([301, []])
})
