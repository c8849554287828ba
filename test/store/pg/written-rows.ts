import { expect } from 'vitest'
import type { RouterCommit, StoredRouter } from '../../../src/recording/ports.ts'
import { beginIncarnation } from '../../../src/store/leases/incarnation.ts'
import { weekOf } from '../../../src/store/schema/partitions.ts'
import { CITUS_URL } from '../../harness/postgres/citus.ts'
import { createDatabaseApart } from '../../harness/postgres/scratch-database.ts'
import { ReadRouter, readingAt, sessionAt } from '../commit/read-router.ts'
import { decide } from '../events/decision-scene.ts'
import { DAY_MS, type LedgerScene, NOON, openLedgerScene, sums, tenantOf, US } from './ledger-scene.ts'

const QUARTER_MS = 900_000
export const WEEKS = [NOON - 14 * DAY_MS, NOON - 7 * DAY_MS, NOON].map(weekOf)

/** What a daemon has written in two weeks and a little, and what it will write next. */
export interface Written {
  readonly scene: LedgerScene
  readonly routers: readonly ReadRouter[]
  readonly stored: ReadonlyMap<string, StoredRouter>
  readonly next: readonly RouterCommit[]
  readonly sumsAfterNext: unknown
}

/** Writes rows of every kind. The caller stops the scene. */
export async function write(): Promise<Written> {
  // Rows of one PostgreSQL, also if they are upgraded in a cluster.
  const scene = await openLedgerScene(CITUS_URL === undefined ? undefined : await createDatabaseApart())
  await scene.begin()
  await beginIncarnation(scene.database, US, 'a host')
  const hq = new ReadRouter('acme', 'hq')
  const hill = new ReadRouter('acme', 'hill')
  for (const [week, from] of [NOON - 14 * DAY_MS, NOON - 7 * DAY_MS, NOON - 2 * QUARTER_MS].entries())
    for (let n = 1; n <= 2; n++) readBoth(hq, hill, from + n * QUARTER_MS, week * 10 + n)
  await scene.store.commit([hq.takeCommit(), hill.takeCommit()])
  await scene.store.syncConfig([tenantOf('acme', 'hq', 'hill')])
  const [baseline] = await scene.ask(`select id from ledger_events where kind = 'baseline'`)
  expect(await decide(scene, String(baseline?.['id']), 'rejected')).toMatchObject({ kind: 'decided' })
  const routers = [hq, hill]
  const stored = await scene.store.load(routers)
  readBoth(hq, hill, NOON + QUARTER_MS, 40)
  const next = routers.map(it => it.takeCommit())
  return { scene, routers, stored, next, sumsAfterNext: await sumsWith(scene, next) }
}

/** One router with all kinds of PPP sessions, one with a reset counter; the other with hotspot guests of a week each. */
function readBoth(hq: ReadRouter, hill: ReadRouter, atMs: number, n: number): void {
  const loginMs = NOON - 15 * DAY_MS
  const onBinding = { binding: 'l2tp-in1', protocol: 'l2tp', routerSessionId: '0x2' }
  const unknown = { counters: undefined, routerSessionId: '0x9' }
  hq.read(
    readingAt(
      atMs,
      'ppp',
      [
        sessionAt(atMs, loginMs, 'amina', 1_000_003 * n, 70_000_001 * n),
        sessionAt(atMs, loginMs, 'bo', n < 12 ? 900 * n : n, 800 * n, { routerSessionId: '0x3' }),
        sessionAt(atMs, loginMs, 'cy', 10 * n, 20 * n, onBinding),
        sessionAt(atMs, loginMs, 'never-known', 0, 0, unknown),
      ],
      { bindings: [{ name: 'l2tp-in1', counters: { upload: 10 * n, download: 20 * n } }] },
    ),
  )
  const guest = { server: 'hs1', routerSessionId: undefined, callerId: undefined, protocol: 'hotspot' }
  const week = Math.floor(n / 10)
  const guestLoginMs = atMs - (n - 10 * week) * QUARTER_MS
  hill.read(
    readingAt(atMs, 'hotspot', [
      sessionAt(atMs, guestLoginMs, `guest-${week}`, 13_000 * n, 17_000 * n, {
        ...guest,
        macAddress: `AA:BB:CC:00:01:0${week}`,
      }),
    ]),
  )
}

/** The ledgers after that is committed too. */
async function sumsWith(scene: LedgerScene, commits: readonly RouterCommit[]): Promise<unknown> {
  const [row] = await sums(scene)
  let more = 0n
  for (const { pending } of commits)
    for (const { shares } of pending.sessions.values())
      for (const { upload, download } of shares.values()) more += BigInt(upload) + BigInt(download)
  expect(more).toBeGreaterThan(0n)
  return [
    Object.fromEntries(
      Object.entries(row ?? {}).map(([name, sum]) => [name, String(BigInt(String(sum)) + more)]),
    ),
  ]
}
