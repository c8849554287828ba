import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { openSessions } from '../../../src/accounting/ledger.ts'
import { beginIncarnation } from '../../../src/store/leases/incarnation.ts'
import { ReadRouter, readingAt, sessionAt } from '../commit/read-router.ts'
import {
  busyRouters,
  key,
  type LedgerScene,
  NOON,
  openLedgerScene,
  sums,
  THEM,
  tenantOf,
} from '../pg/ledger-scene.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.begin())
afterAll(() => scene.stop())

test('removed tenants and routers are kept and marked, and unmarked when they are back', async () => {
  const removed = 'select tenant_id, id, removed_at is not null as removed from routers order by 1, 2'
  const hq = new ReadRouter('acme', 'hq')
  hq.read(readingAt(NOON, 'ppp', []))
  await scene.store.commit([hq.takeCommit()])
  await scene.store.syncConfig([tenantOf('acme', 'hill')])
  expect(await scene.ask(removed)).toEqual([
    { tenant_id: 'acme', id: 'hill', removed: false },
    { tenant_id: 'acme', id: 'hq', removed: true },
    { tenant_id: 'other', id: 'hq', removed: true },
  ])
  expect(await scene.ask('select id from tenants where removed_at is not null')).toEqual([{ id: 'other' }])
  await scene.store.syncConfig([tenantOf('acme', 'hill', 'hq')])
  expect(
    await scene.ask(`select position::int, removed_at from routers where tenant_id = 'acme' and id = 'hq'`),
  ).toEqual([{ position: 1, removed_at: null }])
})

test('what another daemon lists is not removed, until that daemon is gone for an hour', async () => {
  const them = scene.another(THEM)
  onTestFinished(() => them.database.stop())
  await beginIncarnation(them.database, THEM, 'elsewhere')
  await them.store.syncConfig([tenantOf('acme', 'hq', 'annex'), tenantOf('theirs')])
  await scene.store.syncConfig([tenantOf('acme', 'hill')])
  const removed = async () => {
    const [tenants, routers] = [
      await scene.ask('select id from tenants where removed_at is not null order by 1'),
      await scene.ask(
        `select tenant_id || '/' || id as id from routers where removed_at is not null order by 1`,
      ),
    ]
    return [...tenants, ...routers].map(row => row['id'])
  }
  expect(await removed()).toEqual(['other', 'other/hq'])
  const routers = ['hq', 'hill', 'annex'].map(name => new ReadRouter('acme', name))
  expect(await scene.store.loadListed([...routers, new ReadRouter('other', 'hq')])).toEqual(
    new Set(routers.map(key)),
  )
  await scene.ask(`update daemons set seen_at = now() - interval '61 minutes' where id = '${THEM}'`)
  await scene.store.markRemoved()
  expect(await removed()).toEqual(['other', 'theirs', 'acme/annex', 'acme/hq', 'other/hq'])
  await scene.ask('update daemons set seen_at = now()')
  await scene.store.markRemoved()
  expect(await removed()).toEqual(['other', 'other/hq'])
})

test('removed tenants are loaded with their timezone, and removed routers while they have open sessions', async () => {
  const [hq, hill] = busyRouters()
  await scene.store.commit([hq.takeCommit(), hill.takeCommit()])
  expect(await scene.store.loadRemoved()).toEqual({ tenants: [], routers: [] })
  await scene.store.syncConfig([tenantOf('other')])
  // The guest of hill has logged out, and no session was ever seen at other/hq.
  expect(await scene.store.loadRemoved()).toEqual({
    tenants: [{ id: 'acme', timezone: 'Africa/Nairobi' }],
    routers: [{ tenant: 'acme', router: 'hq' }],
  })
})

test('sessions of a removed router end as removed, and continue if they are there when it is back', async () => {
  const [hq, hill] = busyRouters()
  hq.remove('ppp')
  await scene.store.commit([hq.takeCommit(), hill.takeCommit()])
  expect(
    await scene.ask(`select distinct end_reason, end_time = last_seen_at as at_last_reading, status
      from user_sessions where router_id = 'hq' and end_reason <> 'logout'`),
  ).toEqual([{ end_reason: 'removed', at_last_reading: true, status: 'ended' }])
  const stored = await scene.store.load([hq, hill])
  expect(stored.get(key(hq))?.ledgers.get('ppp')?.last).toEqual({
    ...hq.ledgers.ppp.last,
    ...{ isFromAnotherProcess: true, isRemoved: true },
  })
  expect([...(stored.get(key(hq))?.ledgers.get('ppp')?.unnumbered.keys() ?? [])].sort()).toEqual(
    openSessions(hq.ledgers.ppp)
      .map(({ id }) => id)
      .sort(),
  )
  // Its guest has logged out.
  expect(stored.get(key(hill))?.ledgers.get('hotspot')?.last?.isRemoved).toBe(false)

  const atMs = NOON + 60_000
  const before = await sums(scene)
  hq.read(
    readingAt(atMs, 'ppp', [
      sessionAt(atMs, NOON - 16 * 3_600_000, 'amina', 1_000_003 * 6 + 5, 7_000_001 * 6),
    ]),
  )
  await scene.store.commit([hq.takeCommit()])
  expect(
    await scene.ask(`select username, status, end_reason, end_time from user_sessions
      where router_id = 'hq' and username in ('amina', 'cy') order by 1`),
  ).toMatchObject([
    { username: 'amina', status: 'active', end_reason: null, end_time: null },
    { username: 'cy', status: 'ended', end_reason: 'removed' },
  ])
  const after = await sums(scene)
  for (const [table, bytes] of Object.entries(after[0] ?? {}))
    expect(BigInt(String(bytes)) - BigInt(String(before[0]?.[table]))).toBe(5n)
})

test('a timezone that PostgreSQL does not know is refused, and nothing is changed', async () => {
  const before = await scene.ask('select id, timezone, removed_at from tenants order by 1')
  const acme = tenantOf('acme', 'hq')
  await scene.store.syncConfig([acme, { ...tenantOf('other', 'hq'), timezone: 'africa/nairobi' }])
  await expect(scene.store.syncConfig([{ ...acme, timezone: 'Mars/Olympus' }])).rejects.toMatchObject({
    name: 'UnknownZone',
    message: expect.stringContaining('Mars/Olympus'),
  })
  expect(await scene.ask('select id, removed_at from tenants order by 1')).toEqual(
    before.map(({ id, removed_at }) => ({ id, removed_at })),
  )
})
