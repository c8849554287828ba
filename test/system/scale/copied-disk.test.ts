import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { Ownership } from '../../../src/roster/leases.ts'
import type { NewerDaemon } from '../../../src/roster/ports.ts'
import { beginIncarnation } from '../../../src/store/leases/incarnation.ts'
import { FakeOwner, WHOLE } from '../../roster/whole-part.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { rethrow } from '../../runtime/rethrow.ts'
import { expireAll } from '../../store/commit/lease-scene.ts'
import {
  ALL_ROUTERS,
  key,
  LEASE_MS,
  type LedgerScene,
  openLedgerScene,
  US,
} from '../../store/pg/ledger-scene.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.beginUntaken())
afterAll(() => scene.stop())

const ALL = ALL_ROUTERS.map(key)

/** Starts a process of the daemon on a host of that name. */
async function begin(host: string) {
  const incarnation = await beginIncarnation(scene.database, US, host)
  const parts = scene.another(US, incarnation)
  onTestFinished(() => parts.database.stop())
  return { ...parts, incarnation }
}

/** Starts a process with its ownership loop, which proceeds as its clock is turned. */
async function beginReading(host: string) {
  const { leases } = await begin(host)
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const owner = new FakeOwner()
  const superseded: NewerDaemon[] = []
  const ending = new AbortController()
  const ownership = new Ownership({
    ...{
      leases,
      owner,
      part: WHOLE,
      durationMs: LEASE_MS,
      stopping: ending.signal,
      clock,
      log: new LogLines().log,
    },
    onSuperseded: by => superseded.push(by),
    onBug: rethrow,
  })
  ownership.start()
  onTestFinished(async () => {
    ending.abort()
    await ownership.stop()
  })
  await ownership.want(new Map(ALL_ROUTERS.map(router => [key(router), router])))
  const turn = () => clock.turn(LEASE_MS / 4)
  return { owner, superseded, turn }
}

test('of two processes with one id the newest takes all at once, and the older one never takes back', async () => {
  const older = await begin('original')
  const held = await older.leases.acquire(ALL_ROUTERS)
  expect([...held.keys()].toSorted()).toEqual(ALL.toSorted())
  const newer = await begin('copy')
  expect(newer.incarnation).toBeGreaterThan(older.incarnation)
  expect([...(await newer.leases.acquire(ALL_ROUTERS)).values()]).toEqual([2, 2, 2])
  expect(await older.leases.renew(held)).toEqual(new Set())
  expect(await older.leases.acquire(ALL_ROUTERS)).toEqual(new Map())
  await expireAll(scene)
  expect(await older.leases.acquire(ALL_ROUTERS)).toEqual(new Map())
})

test('the older one learns the newer one’s host and start, and the newer one learns of nobody', async () => {
  const older = await begin('original')
  expect(await older.leases.newer()).toBeUndefined()
  const newer = await begin('copy\0')
  const [{ now } = {}] = await scene.ask('select clock_timestamp() as now')
  const found = await older.leases.newer()
  expect(found?.host).toBe('copy\u2400')
  expect(Math.abs(Number(found?.startedAt) - Number(now))).toBeLessThan(60_000)
  expect(await newer.leases.newer()).toBeUndefined()
})

test('of many that start at once exactly one is the newest', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, (_, number) => begin(`host${number}`)))
  expect(new Set(all.map(it => it.incarnation)).size).toBe(all.length)
  const newer = await Promise.all(all.map(it => it.leases.newer()))
  expect(newer.filter(it => it === undefined)).toHaveLength(1)
})

test('routers change hands once, whatever both do for an hour', async () => {
  const older = await beginReading('original')
  const newer = await beginReading('copy')
  await expect
    .poll(async () => {
      await older.turn()
      return older.superseded.map(it => it.host)
    })
    .toEqual(['copy'])
  for (let n = 0; n < 24; n++) await Promise.all([older.turn(), newer.turn()])
  await expect.poll(() => older.owner.has.size).toBe(0)
  expect([...newer.owner.has.keys()].toSorted()).toEqual(ALL.toSorted())
  expect(newer.superseded).toEqual([])
  expect(older.superseded).toHaveLength(1)
  expect(await scene.ask('select distinct epoch::int from router_leases')).toEqual([{ epoch: 2 }])
})

test('old daemons are forgotten, except for those that hold routers', async () => {
  await scene.ask('delete from daemon_lists')
  await begin('gone')
  await scene.ask(`update daemons set id = 'gone', started_at = now() - interval '31 days'`)
  await begin('waiting')
  await scene.ask(
    `update daemons set id = 'holding', started_at = now() - interval '31 days' where id = '${US}'`,
  )
  await scene.another('holding', Number.MAX_SAFE_INTEGER).leases.acquire(ALL_ROUTERS)
  await begin('us')
  expect(await scene.ask('select id from daemons order by id')).toEqual([{ id: 'holding' }, { id: US }])
})
