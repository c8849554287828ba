import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { LedgerStore } from '../../../src/store/ledger-store.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { distribute } from '../../../src/store/schema/distribute.ts'
import { layoutOf } from '../../../src/store/schema/layout.ts'
import { Partitions } from '../../../src/store/schema/partitions.ts'
import {
  CITUS_URL,
  createApartOnAllNodes,
  dropOnAllNodes,
  joinCluster,
} from '../../harness/postgres/citus.ts'
import { rollupFaultsIn } from '../housekeeping/rollup-faults.ts'
import { allRows, copyRows, type Row } from '../schema/old-schema.ts'
import { interruptEverywhere } from './interruption.ts'
import { DAY_MS, NOON, sums, US } from './ledger-scene.ts'
import { WEEKS, type Written, write } from './written-rows.ts'

describe.skipIf(CITUS_URL === undefined)('a database that becomes a part of a cluster', () => {
  const coordinator = CITUS_URL ?? ''
  let written: Written
  let name: string
  let url: string
  let database: Database
  let before: ReadonlyMap<string, readonly Row[]>
  beforeAll(async () => {
    written = await write()
  })
  afterAll(() => written.scene.stop())

  beforeEach(async () => {
    name = `scratch_${randomBytes(6).toString('hex')}`
    await createApartOnAllNodes(coordinator, name)
    url = Object.assign(new URL(coordinator), { pathname: `/${name}` }).href
    await migrate({ url })
    database = new Database({ url, log: createLogger('silent'), applicationName: 'joining', connections: 4 })
    await new Partitions(database.pool).ensure(new Set(WEEKS))
    await copyRows(written.scene.database.pool, database.pool)
    before = await allRows(database.pool)
  })
  afterEach(async () => {
    await database.stop()
    await dropOnAllNodes(coordinator, name)
  })

  const ask = async (statement: string) => (await database.pool.query<Row>(statement)).rows
  const storeOf = () =>
    new LedgerStore({
      ...{ database, owner: US, deltasRetentionMs: 90 * DAY_MS },
      clock: { ...systemClock, now: () => new Date(NOON) },
    })

  async function expectWhole(): Promise<void> {
    expect(await layoutOf(database.pool)).toBe('distributed')
    expect(await allRows(database.pool)).toEqual(before)
    expect(await rollupFaultsIn(database.pool)).toEqual([])
  }

  test('is distributed with its rows, under a daemon that goes on', async () => {
    const store = storeOf()
    expect(await database.layout()).toBe('whole')
    await joinCluster(coordinator, name)
    await migrate({ url })
    await expectWhole()
    // Under the old layout, which is forgotten.
    const next = written.next.map(commit => ({ ...commit, epoch: 1 }))
    await store.commit(next).catch((error: unknown) => expect(error).toMatchObject({ retryable: true }))
    const outcomes = [...(await store.commit(next)).values()].map(({ kind }) => kind)
    expect(['committed', 'already']).toEqual(expect.arrayContaining(outcomes))
    expect(await sums({ ask })).toEqual(written.sumsAfterNext)
    expect(await rollupFaultsIn(database.pool)).toEqual([])
  })

  test('is whole after each interruption, and distributed in the end', async () => {
    await joinCluster(coordinator, name)
    const interruptions = await interruptEverywhere(
      url,
      async client => {
        if ((await layoutOf(client)) === 'whole') expect(await allRows(database.pool)).toEqual(before)
        await distribute(client)
      },
      1,
    )
    console.log(`interrupted ${interruptions} times`)
    await migrate({ url })
    await expectWhole()
    const outcomes = await storeOf().commit(written.next.map(commit => ({ ...commit, epoch: 1 })))
    expect([...outcomes.values()]).toEqual([{ kind: 'committed' }, { kind: 'committed' }])
    expect(await sums({ ask })).toEqual(written.sumsAfterNext)
  }, 300_000)
})
