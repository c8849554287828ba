import { afterAll, beforeAll, expect, test } from 'vitest'
import { routerId, tenantId } from '../../../src/accounting/ids.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { LeaseStore } from '../../../src/store/leases/lease-store.ts'
import { LedgerStore } from '../../../src/store/ledger-store.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { asStoreError } from '../../../src/store/pg/errors.ts'
import { inTransaction } from '../../../src/store/pg/transaction.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { silentServer } from './silent-server.ts'

let scratch: ScratchDatabase
let database: Database

beforeAll(async () => {
  scratch = await createScratchDatabase()
  const log = createLogger('silent')
  database = new Database({ url: scratch.url, log, applicationName: 'cut', connections: 3 })
})

afterAll(async () => {
  await database.stop()
  await scratch.drop()
})

async function cutAll(): Promise<void> {
  await database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut' and pid <> pg_backend_pid()`,
  )
}

test('a connection that breaks while it is idle or borrowed ends nothing but its own transaction', async () => {
  const idle = await database.pool.connect()
  idle.release()
  const cut = inTransaction(database.pool, 'read committed', async client => {
    await client.query(`insert into tenants values ('lost', 'Lost', 'UTC')`)
    await cutAll()
    await client.query('select')
  })
  await expect(cut.catch((error: unknown) => asStoreError('x', error))).resolves.toMatchObject({
    name: 'DatabaseUnavailable',
    retryable: true,
  })
  const { rows } = await database.pool.query('select count(*)::int as n from tenants')
  expect(rows).toEqual([{ n: 0 }])
})

test('a transaction that falls silent is ended sooner than a lease', async () => {
  const silence =
    "select extract(epoch from current_setting('idle_in_transaction_session_timeout')::interval)::int as s"
  const { rows } = await inTransaction(database.pool, 'read committed', client => client.query(silence))
  expect(rows).toEqual([{ s: 5 }])
  expect((await database.pool.query(silence)).rows).toEqual([{ s: 60 }])
})

test('a connection that is cut without a query under way is given back and replaced', async () => {
  const lent = await database.pool.connect()
  await cutAll()
  await expect(lent.query('select')).rejects.toThrow()
  lent.release(true)
  expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})

test('without a database every method throws an error that may pass', async () => {
  const log = createLogger('silent')
  const url = 'postgres://u:secret@127.0.0.1:1/x'
  const nowhere = new Database({ url, log, applicationName: 'test', connections: 1 })
  const store = new LedgerStore({ database: nowhere, clock: systemClock, owner: 'us', deltasRetentionMs: 1 })
  const leases = new LeaseStore({
    database: nowhere,
    owner: 'us',
    incarnation: 1,
    durationMs: 1,
    epochOf: () => 0,
  })
  const passing = { name: 'DatabaseUnavailable', retryable: true }
  await expect(store.load([{ tenant: tenantId('a'), router: routerId('b') }])).rejects.toMatchObject(passing)
  await expect(store.commit([])).rejects.toMatchObject(passing)
  await expect(store.recordDiscarded([])).rejects.toMatchObject(passing)
  await expect(leases.acquire([])).rejects.toMatchObject(passing)
  await expect(leases.renew(new Map())).rejects.toMatchObject(passing)
  await expect(leases.release(new Map())).rejects.toMatchObject(passing)
  const error: unknown = await store.syncConfig([]).catch((it: unknown) => it)
  expect(error).toMatchObject(passing)
  expect(JSON.stringify([error, String(error)])).not.toContain('secret')
  await nowhere.stop()
})

test('an error of the database contains neither the query nor its parameters', async () => {
  const error: unknown = await database.orm
    .execute('select * from no_such_table where password = 1')
    .catch((it: unknown) => asStoreError('not asked', it))
  expect(error).toMatchObject({
    name: 'DatabaseUnavailable',
    message: 'not asked: relation "no_such_table" does not exist (42P01)',
  })
  expect(error).not.toHaveProperty('cause')
})

test('a cut fails queries that wait for a silent database, and later ones', async () => {
  const log = createLogger('silent')
  const silent = new Database({ url: await silentServer(), log, applicationName: 'test', connections: 2 })
  const ask = () => silent.pool.query('select').catch((it: unknown) => asStoreError('no answer', it))
  // Two queries connect, and one waits for a connection.
  const waiting = [ask(), ask(), ask()]
  silent.cutOff()
  const gone = { name: 'DatabaseUnavailable', retryable: true }
  expect(await Promise.all(waiting)).toMatchObject([gone, gone, gone])
  expect(await ask()).toMatchObject(gone)
  await silent.stop()
})

test('a transaction under way is cut off as well', async () => {
  const log = createLogger('silent')
  const other = new Database({ url: scratch.url, log, applicationName: 'test', connections: 1 })
  const sleeping = inTransaction(other.pool, 'read committed', async client => {
    const slept = client.query('select pg_sleep(60)')
    other.cutOff()
    await slept
  })
  await expect(sleeping.catch((it: unknown) => asStoreError('no answer', it))).resolves.toMatchObject({
    name: 'DatabaseUnavailable',
  })
  await other.stop()
})
