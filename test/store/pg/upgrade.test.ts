import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ledger } from '../../../src/accounting/ledger.ts'
import { isReported, withReported } from '../../../src/accounting/reported.ts'
import type { StoredRouter } from '../../../src/recording/ports.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { LeaseStore } from '../../../src/store/leases/lease-store.ts'
import { LedgerStore } from '../../../src/store/ledger-store.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { DISTRIBUTED, layoutOf } from '../../../src/store/schema/layout.ts'
import { makePartitions, Partitions, partitionName } from '../../../src/store/schema/partitions.ts'
import { CITUS_URL } from '../../harness/postgres/citus.ts'
import {
  createEmptyDatabase,
  createScratchDatabase,
  type ScratchDatabase,
} from '../../harness/postgres/scratch-database.ts'
import { rollupFaultsIn } from '../housekeeping/rollup-faults.ts'
import {
  allRows,
  beginAs,
  copyRows,
  fingerprintOf,
  makePartitionsAs,
  ONCE,
  type Row,
  SCHEMAS,
  shapeOf,
} from '../schema/old-schema.ts'
import { DAY_MS, key, LEASE_MS, type LedgerScene, NOON, sums, US } from './ledger-scene.ts'
import { WEEKS, type Written, write } from './written-rows.ts'

let written: Written
beforeAll(async () => {
  written = await write()
})
afterAll(() => written.scene.stop())

test('their daemons have written rows of every kind, in three partitions', async () => {
  const { ask } = written.scene
  expect(await ask('select status, count(*)::int as n from user_sessions group by 1 order by 1')).toEqual([
    { status: 'active', n: 5 },
    { status: 'ended', n: 2 },
  ])
  expect(await ask('select kind from ledger_events order by 1')).toEqual([
    { kind: 'baseline' },
    { kind: 'reset' },
    { kind: 'uncounted' },
  ])
  expect(await ask('select id from tenants where removed_at is not null')).toEqual([{ id: 'other' }])
  expect(
    await ask('select distinct tableoid::regclass::text as part from session_deltas order by 1'),
  ).toEqual(WEEKS.map(week => ({ part: partitionName(week) })))
})

describe.each(SCHEMAS)('a database of %s, filled by its daemon', schema => {
  let scratch: ScratchDatabase
  let database: Database
  let before: ReadonlyMap<string, readonly Row[]>
  beforeAll(async () => {
    scratch = await createEmptyDatabase()
    database = new Database({
      ...{ url: scratch.url, log: createLogger('silent'), applicationName: 'upgrade', connections: 4 },
    })
    await beginAs(schema, database.pool)
    await makePartitionsAs(schema, database.pool, WEEKS)
    await copyRows(written.scene.database.pool, database.pool)
    before = await allRows(database.pool)
    // Two daemons, both restarted with a newer release.
    await Promise.all([migrate(scratch), migrate(scratch)])
  })
  afterAll(async () => {
    await database.stop()
    await scratch.drop()
  })

  const ask: LedgerScene['ask'] = async statement => (await database.pool.query<Row>(statement)).rows

  test('keeps every row, and its four tables the same bytes', async () => {
    const after = await allRows(database.pool)
    for (const [table, rows] of before) {
      expect(rows.length, table).toBeGreaterThan(0)
      const columns = Object.keys(after.get(table)?.[0] ?? {})
      const kept = Object.keys(rows[0] ?? {}).filter(name => columns.includes(name))
      const parts = (of: readonly Row[] | undefined) =>
        of?.map(row => Object.fromEntries(kept.map(name => [name, row[name]])))
      expect(parts(after.get(table)), table).toEqual(parts(rows))
      const gone = Object.keys(rows[0] ?? {}).filter(name => !columns.includes(name))
      expect(
        gone.filter(name => ONCE[name] === undefined),
        table,
      ).toEqual([])
    }
    const [sum] = await sums({ ask })
    expect(new Set(Object.values(sum ?? {})).size).toBe(1)
    expect([sum]).toEqual(await sums(written.scene))
    expect(await rollupFaultsIn(database.pool)).toEqual([])
  })

  test('has the tables and partitions of a new one', async () => {
    const fresh = await createScratchDatabase()
    const other = new Database({
      ...{ url: fresh.url, log: createLogger('silent'), applicationName: 'fresh', connections: 1 },
    })
    try {
      await new Partitions(other.pool).ensure(new Set(WEEKS))
      expect(await shapeOf(database.pool)).toEqual(await shapeOf(other.pool))
    } finally {
      await other.stop()
      await fresh.drop()
    }
  })

  test.skipIf(CITUS_URL === undefined)('is distributed if it is in a cluster', async () => {
    expect(await layoutOf(database.pool)).toBe('distributed')
    expect(await ask('select logicalrelid::regclass::text as name from pg_dist_partition')).toHaveLength(
      DISTRIBUTED.length + WEEKS.length,
    )
  })

  test('is not touched by another migration', async () => {
    const was = await fingerprintOf(database.pool)
    const rows = await allRows(database.pool)
    await migrate(scratch)
    expect(await fingerprintOf(database.pool)).toEqual(was)
    expect(await allRows(database.pool)).toEqual(rows)
    expect(await ask('select count(*)::int as n from drizzle.__drizzle_migrations')).toEqual([
      { n: SCHEMAS.length },
    ])
  })

  test('is continued from where it was', async () => {
    const store = new LedgerStore({
      ...{ database, owner: US, deltasRetentionMs: 90 * DAY_MS },
      clock: { ...systemClock, now: () => new Date(NOON) },
    })
    const hadLeases = before.has('router_leases')
    const hadDoubts = Object.hasOwn(before.get('user_sessions')?.[0] ?? {}, 'doubts')
    const { routers, stored, next } = written
    const leases = await new LeaseStore({
      ...{ database, owner: US },
      incarnation: Number.MAX_SAFE_INTEGER,
      durationMs: LEASE_MS,
      epochOf: () => 0,
    }).acquire(routers)
    const loaded = await store.load(routers)
    for (const router of routers) {
      const asWritten = stored.get(key(router)) ?? expect.fail()
      const known = hadDoubts ? asWritten : withoutDoubts(asWritten)
      expect(loaded.get(key(router))).toEqual({ ...known, committedEpoch: hadLeases ? 1 : 0 })
      expect(asWritten.position).toBe(6)
    }
    await makePartitions(database.pool, new Date(NOON))
    const epoch = hadLeases ? 2 : 1
    expect([...leases.values()]).toEqual([epoch, epoch])
    const result = await store.commit(next.map(commit => ({ ...commit, epoch })))
    expect([...result.values()]).toEqual([{ kind: 'committed' }, { kind: 'committed' }])
    expect(await sums({ ask })).toEqual(written.sumsAfterNext)
    expect(await rollupFaultsIn(database.pool)).toEqual([])
  })
})

/** What a release without doubts knows of a session. */
function withoutDoubts({ ledgers, ...stored }: StoredRouter): StoredRouter {
  return {
    ...stored,
    ledgers: new Map(Array.from(ledgers, ([service, ledger]) => [service, forgetful(ledger)])),
  }
}

function forgetful(ledger: Ledger): Ledger {
  const unnumbered = Array.from(ledger.unnumbered, ([id, session]) => {
    const mark = session.mark.kind === 'counted' ? { ...session.mark, doubts: undefined } : session.mark
    const reported = isReported(session.reported, 'stall') ? withReported(0, 'stall') : 0
    return [id, { ...session, mark, reported }] as const
  })
  const last = ledger.last && { ...ledger.last, device: undefined }
  return { ...ledger, unnumbered: new Map(unnumbered), last }
}

test('names of the last days are counted if an earlier release made their rows', async () => {
  const scratch = await createEmptyDatabase()
  const database = new Database({
    ...{ url: scratch.url, log: createLogger('silent'), applicationName: 'names', connections: 1 },
  })
  try {
    const { pool } = database
    await beginAs('0009_router_days', pool)
    for (const day of ['current_date', 'current_date - 1'])
      await pool.query(`insert into usage_daily
        select 'acme', ${day}, 'hq', 'ppp', name, 1, 0 from unnest('{ann,bo,cy}'::text[]) as name`)
    await pool.query(`insert into tenant_usage_daily
      select 'acme', day, 'hq', service, 3, 0 from unnest('{ppp,hotspot}'::text[]) as service,
        unnest(array[current_date, current_date - 1]) as day`)
    await migrate(scratch)
    const { rows } = await pool.query('select service, names, has_others from tenant_usage_daily order by 1')
    const of = (service: string, names: number) => ({ service, names, has_others: false })
    expect(rows).toEqual([of('hotspot', 0), of('hotspot', 0), of('ppp', 3), of('ppp', 3)])
  } finally {
    await database.stop()
    await scratch.drop()
  }
})
