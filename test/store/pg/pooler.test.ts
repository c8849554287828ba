import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tenantId } from '../../../src/accounting/ids.ts'
import type { Question } from '../../../src/api/usage/usage-source.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { clientFor } from '../../../src/store/pg/client.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { isThroughPooler } from '../../../src/store/pg/pooler.ts'
import { inTransaction } from '../../../src/store/pg/transaction.ts'
import { UsageReader } from '../../../src/store/usage/usage-reader.ts'
import { HAS_PGBOUNCER, PgBouncer } from '../../harness/postgres/pgbouncer.ts'
import {
  createEmptyDatabase,
  createScratchDatabase,
  type ScratchDatabase,
} from '../../harness/postgres/scratch-database.ts'

const log = createLogger('silent')

describe.skipIf(!HAS_PGBOUNCER)('through PgBouncer in transaction mode', () => {
  let scratch: ScratchDatabase
  let bouncer: PgBouncer
  let pooled: string
  beforeAll(async () => {
    scratch = await createScratchDatabase()
    bouncer = await PgBouncer.start(scratch.url)
    pooled = bouncer.through(scratch.url)
  })
  afterAll(async () => {
    await bouncer.stop()
    await scratch.drop()
  })

  test('it is noticed, and PostgreSQL itself is not taken for one', async () => {
    for (const [url, expected] of [
      [scratch.url, false],
      [pooled, true],
    ] as const) {
      const client = clientFor(url, 'test')
      await client.connect()
      expect(await isThroughPooler(client)).toBe(expected)
      await client.end()
    }
  })

  test('nothing that we send stays on its connections', async () => {
    const database = new Database({ url: pooled, log, applicationName: 'test', connections: 8 })
    await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        const named = { name: `of_${at % 3}`, text: `select ${at % 3} + $1::int as n`, values: [1] }
        const { rows } = await inTransaction(database.pool, 'read committed', client => client.query(named))
        expect(rows).toEqual([{ n: (at % 3) + 1 }])
        expect((await database.pool.query(named)).rows).toEqual(rows)
      }),
    )
    await database.stop()
    expect(await everyServer(STATE)).toEqual(
      new Set([JSON.stringify({ statements: 0, timeout: '0', idle: '0', locks: 0, readOnly: 'off' })]),
    )
  })

  const STATE = `select (select count(*)::int from pg_prepared_statements) as statements,
      current_setting('statement_timeout') as timeout,
      current_setting('idle_in_transaction_session_timeout') as idle,
      (select count(*)::int from pg_locks where locktype = 'advisory' and database =
        (select oid from pg_database where datname = current_database())) as locks,
      current_setting('default_transaction_read_only') as "readOnly"`

  /** Asks all connections of the pooler at once. */
  async function everyServer(statement: string): Promise<ReadonlySet<string>> {
    const pool = new Pool({ connectionString: pooled, max: 6 })
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => pool.query(`${statement} from pg_sleep(0.2)`)),
    )
    await pool.end()
    return new Set(answers.map(({ rows }) => JSON.stringify(rows[0])))
  }

  test('transactions have the limits that a connection of our own has', async () => {
    const database = new Database({ url: pooled, log, applicationName: 'test', connections: 2 })
    const limits = `select current_setting('statement_timeout') as statement,
      current_setting('idle_in_transaction_session_timeout') as idle`
    const { rows } = await inTransaction(database.pool, 'read committed', client => client.query(limits))
    expect(rows).toEqual([{ statement: '1min', idle: '5s' }])
    await database.stop()
  })

  test('a database is migrated, again and by two at once, and no lock is left', async () => {
    const empty = await createEmptyDatabase()
    try {
      const url = bouncer.through(empty.url)
      await migrate({ url })
      await Promise.all([migrate({ url }), migrate({ url }), migrate(empty)])
      await migrate(empty)
      const client = new Client({ connectionString: empty.url })
      await client.connect()
      const { rows } = await client.query(`select from pg_locks where locktype = 'advisory' and database =
        (select oid from pg_database where datname = current_database())`)
      await client.end()
      expect(rows).toEqual([])
    } finally {
      await empty.drop()
    }
  })

  test('CSV is read to its end, and whoever leaves earlier leaves nothing behind', async () => {
    const database = new Database({ url: scratch.url, log, applicationName: 'test', connections: 1 })
    await database.pool.query(`insert into tenants values ('acme', 'Acme', 'UTC')`)
    await database.pool.query(
      `insert into usage_daily select 'acme', '2026-11-01', 'hq', 'ppp', 'user-' || n, 1, 2
         from generate_series(1, 220) as n`,
    )
    await database.stop()
    const reader = new UsageReader({ url: pooled, log, applicationName: 'reading', connections: 2 })
    const read = (signal: AbortSignal) => reader.all(QUESTION, undefined, signal)
    const leaving = new AbortController()
    for await (const _ of (await read(leaving.signal)).lines) break
    for (let time = 0; time < 3; time++) {
      let lines = ''
      for await (const part of (await read(leaving.signal)).lines) lines += part
      expect(lines.split('\r\n')).toHaveLength(221)
    }
    expect(reader.borrowed).toBe(0)
    await reader.stop()
  })

  const QUESTION: Question = {
    ...{ kind: 'daily', tenant: tenantId('acme'), by: 'user', from: '2026-11-01', to: '2026-11-01' },
    ...{ user: undefined, router: undefined, service: undefined, after: undefined, order: 'key' },
  }
})
