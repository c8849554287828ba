import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { tenantId } from '../../src/accounting/ids.ts'
import { type LedgerScene, openLedgerScene } from '../store/pg/ledger-scene.ts'
import { limit, usageRule, WatchScene } from './alert-scene.ts'

const NOON = '2026-11-26T09:00:00Z'

let scene: LedgerScene
let daemon: WatchScene
const others: WatchScene[] = []

beforeAll(async () => {
  scene = await openLedgerScene()
})
afterAll(() => scene.stop())
beforeEach(async () => {
  await scene.begin()
  daemon = new WatchScene(scene.url, NOON)
})
afterEach(async () => {
  await Promise.all([daemon, ...others.splice(0)].map(it => it.stop()))
})

function another(at = NOON): WatchScene {
  const it = new WatchScene(scene.url, at)
  others.push(it)
  return it
}

/** Adds bytes of one user and router on one day to both daily tables. */
async function use(
  day: string,
  username: string,
  bytes: number,
  router = 'hq',
  tenant = 'acme',
): Promise<void> {
  await scene.ask(`insert into usage_daily values ('${tenant}', '${day}', '${router}', 'ppp', '${username}', 1, ${bytes - 1})
    on conflict (tenant_id, day, router_id, service, username) do update set download = usage_daily.download + ${bytes}`)
  await scene.ask(`insert into tenant_usage_daily values ('${tenant}', '${day}', '${router}', 'ppp', 1, ${bytes - 1})
    on conflict (tenant_id, day, router_id, service) do update set download = tenant_usage_daily.download + ${bytes}`)
}

test('a rule fires at its threshold, up and down combined, and not a byte earlier', async () => {
  daemon.setRules([usageRule({ usual: limit(100) })])
  await use('2026-11-03', 'ann', 60)
  await use('2026-11-26', 'ann', 39, 'hill')
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual([])
  await use('2026-11-26', 'ann', 1, 'hill')
  await daemon.look()
  expect(daemon.reported.map(it => it.alert)).toEqual([
    {
      ...{ id: 1, rule: 'heavy', kind: 'usage', scope: 'user', subject: 'ann', period: '2026-11' },
      ...{ fired_at: expect.stringMatching(/^\d{4}-.*Z$/), ended_at: null },
      detail: { used: 100, threshold: 100, quota: null },
    },
  ])
})

test('it fires once per subject and period, across looks, restarts and daemons', async () => {
  const rules = [usageRule({ usual: limit(100) }), usageRule({ id: 'day', period: 'day', usual: limit(100) })]
  const both = [daemon, another()]
  for (const it of both) it.setRules(rules)
  await Promise.all(both.map(it => it.look()))
  await use('2026-11-26', 'ann', 500)
  await use('2026-11-26', 'bo', 500)
  await Promise.all(both.map(it => it.look()))
  await Promise.all(both.map(it => it.look()))
  const all = ['day ann 2026-11-26', 'day bo 2026-11-26', 'heavy ann 2026-11', 'heavy bo 2026-11']
  for (const it of both) expect([...it.takeAlerts()].sort()).toEqual(all)
  const later = another()
  later.setRules(rules)
  await later.look()
  expect(later.takeAlerts()).toEqual([])
  expect(later.board.recent(tenantId('acme'))).toHaveLength(4)
  expect(await scene.ask('select count(*)::int as count from alerts')).toEqual([{ count: 4 }])
})

test('the tables of a tenant are judged by one daemon, and reported by all', async () => {
  const rules = [usageRule({ usual: limit(100) })]
  const other = another()
  other.isJudgedHere = false
  for (const it of [daemon, other]) it.setRules(rules)
  await use('2026-11-26', 'ann', 500)
  await other.look()
  await other.look()
  expect(other.takeAlerts()).toEqual([])
  expect(await scene.ask('select count(*)::int as count from alerts')).toEqual([{ count: 0 }])
  await daemon.look()
  await other.look()
  expect(other.takeAlerts()).toEqual(['heavy ann 2026-11'])
  // If that daemon is gone, the other one judges.
  await use('2026-11-26', 'bo', 500)
  other.isJudgedHere = true
  await other.look()
  expect(other.takeAlerts()).toEqual(['heavy bo 2026-11'])
})

test('(others) is no subscriber and has no quota, but its bytes count for the router and the tenant', async () => {
  const scopes = ['user', 'router', 'tenant'] as const
  daemon.setRules(scopes.map(scope => usageRule({ id: scope, scope, usual: limit(100) })))
  await use('2026-11-26', '(others)', 500)
  await use('2026-11-26', 'ann', 99)
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual(['router hq 2026-11', 'tenant acme 2026-11'])
})

test('the next period fires separately, and the last one is judged until a day after its end', async () => {
  daemon.setRules([
    usageRule({ period: 'day', usual: limit(100) }),
    usageRule({ id: 'm', usual: limit(150) }),
  ])
  await use('2026-11-30', 'ann', 99)
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual([])
  const next = another('2026-12-01T09:00:00Z')
  next.setRules([usageRule({ period: 'day', usual: limit(100) }), usageRule({ id: 'm', usual: limit(150) })])
  await use('2026-11-30', 'ann', 51)
  await use('2026-12-01', 'ann', 100)
  await next.look()
  expect(next.takeAlerts()).toEqual(['heavy ann 2026-11-30', 'heavy ann 2026-12-01', 'm ann 2026-11'])
})

test('usage of a router or tenant is the sum of everybody on it', async () => {
  daemon.setRules([
    usageRule({ id: 'r', scope: 'router', usual: limit(100) }),
    usageRule({ id: 't', scope: 'tenant', usual: limit(150) }),
  ])
  await use('2026-11-26', 'ann', 60)
  await use('2026-11-26', 'bo', 40)
  await use('2026-11-26', 'bo', 50, 'hill')
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual(['r hq 2026-11', 't acme 2026-11'])
})

test('a subject’s own limit replaces the usual one', async () => {
  const particular = new Map([
    ['ann', limit(160, 200)],
    ['cy', limit(40, 50)],
  ])
  daemon.setRules([
    usageRule({ usual: limit(80, 100), particular }),
    usageRule({ id: 'only', usual: undefined, particular: new Map([['bo', limit(90)]]) }),
  ])
  for (const name of ['ann', 'bo', 'cy', 'dee']) await use('2026-11-26', name, name === 'cy' ? 45 : 95)
  await daemon.look()
  expect(daemon.reported.map(({ alert }) => [alert.rule, alert.subject, alert.detail])).toEqual([
    ['heavy', 'bo', { used: 95, threshold: 80, quota: 100 }],
    ['heavy', 'cy', { used: 45, threshold: 40, quota: 50 }],
    ['heavy', 'dee', { used: 95, threshold: 80, quota: 100 }],
    ['only', 'bo', { used: 95, threshold: 90, quota: null }],
  ])
})

test('usage of another tenant does not count', async () => {
  daemon.setRules([
    usageRule({ usual: limit(100) }),
    usageRule({ id: 't', scope: 'tenant', usual: limit(1) }),
  ])
  await use('2026-11-26', 'ann', 99, 'hq', 'other')
  await use('2026-11-26', 'ann', 500, 'hq', 'other')
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual([])
})

test('a tenant’s alerts are numbered from 1, whatever others have', async () => {
  const other = another()
  daemon.setRules([usageRule({ usual: limit(100) })])
  other.setRules([usageRule({ usual: limit(100) })], [], tenantId('other'))
  for (const name of ['ann', 'bo']) {
    await use('2026-11-26', name, 100)
    await use('2026-11-26', name, 100, 'hq', 'other')
    for (const it of [daemon, other]) await it.look()
  }
  for (const it of [daemon, other]) expect(it.reported.map(({ alert }) => alert.id)).toEqual([1, 2])
})

test('a threshold that everybody exceeds fires for a thousand at a time, and once for each', async () => {
  daemon.setRules([usageRule({ usual: limit(1) })])
  await scene.ask(`insert into usage_daily
    select 'acme', '2026-11-26', 'r' || n % 10, 'ppp', 'user' || n, 5, 5 from generate_series(1, 1500) as n`)
  await daemon.look()
  expect(daemon.takeAlerts()).toHaveLength(1000)
  await daemon.look()
  expect(daemon.takeAlerts()).toHaveLength(500)
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual([])
})

test('what fires has one delivery for each webhook with that rule, and none for others', async () => {
  daemon.setRules(
    [usageRule({ usual: limit(100) }), usageRule({ id: 'other', usual: limit(100) })],
    [
      { id: 'noc', rules: new Set(['heavy', 'other']) },
      { id: 'billing', rules: new Set(['heavy']) },
    ],
  )
  await use('2026-11-26', 'ann', 100)
  await daemon.look()
  await daemon.look()
  const deliveries = await scene.ask(`select a.rule, d.webhook, d.event, d.status, d.tenant_id
    from alert_deliveries as d join alerts as a on a.id = d.alert_id order by 1, 2`)
  const fresh = { event: 'fired', status: 'pending', tenant_id: 'acme' }
  expect(deliveries).toEqual([
    { rule: 'heavy', webhook: 'billing', ...fresh },
    { rule: 'heavy', webhook: 'noc', ...fresh },
    { rule: 'other', webhook: 'noc', ...fresh },
  ])
})

test('nothing is reported while the database is away, and everything that was missed once it is back', async () => {
  daemon.setRules([usageRule({ usual: limit(100) })])
  await daemon.look()
  await scene.ask('alter table usage_daily rename to away')
  await daemon.look()
  await scene.ask('alter table away rename to usage_daily')
  await use('2026-11-26', 'ann', 100)
  await daemon.look()
  expect(daemon.takeAlerts()).toEqual(['heavy ann 2026-11'])
})
