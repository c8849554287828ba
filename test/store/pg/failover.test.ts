import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '../../../src/runtime/logger.ts'
import { connectedClient } from '../../../src/store/pg/client.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { asking } from '../../../src/store/pg/errors.ts'
import { inTransaction } from '../../../src/store/pg/transaction.ts'
import { query } from '../../harness/postgres/query.ts'
import { createDatabaseApart, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'

/** Two servers. The second one has what the first one had, as a standby does when it is promoted. */
const servers: ScratchDatabase[] = []
let database: Database
let url: string

beforeAll(async () => {
  for (const _ of ['old', 'new']) servers.push(await createDatabaseApart())
  const [one = '', two = ''] = servers.map(it => it.url)
  url = one.replace(new URL(one).host, it => `${it},${new URL(two).host}`)
  database = new Database({ url, log: createLogger('silent'), applicationName: 'test', connections: 2 })
})
afterAll(async () => {
  await database.stop()
  for (const server of servers) await server.drop()
})

async function setReadOnly(server: number, isReadOnly: boolean): Promise<void> {
  const at = servers[server]?.url ?? ''
  await query(at, `alter system set default_transaction_read_only = ${isReadOnly ? 'on' : 'off'}`)
  await query(at, 'select pg_reload_conf()')
}

/** Writes a tenant. @returns the number of the server that has it */
async function write(id: string): Promise<number> {
  await asking('not written', () =>
    inTransaction(database.pool, 'read committed', client =>
      client.query('insert into tenants (id, name, timezone) values ($1, $1, $2)', [id, 'UTC']),
    ),
  )
  const counts = await Promise.all(
    servers.map(it =>
      query<{ n: number }>(it.url, 'select count(*)::int as n from tenants where id = $1', [id]),
    ),
  )
  return counts.findIndex(([row]) => row?.n === 1)
}

test('writes go to the host that takes them, before and after it changes', async () => {
  await setReadOnly(1, true)
  expect(await write('before')).toBe(0)
  await setReadOnly(1, false)
  await setReadOnly(0, true)
  await expect.poll(() => write('after').catch(() => undefined), { timeout: 10_000 }).toBe(1)
  const client = await connectedClient(url, 'command')
  expect((await client.query(`select from tenants where id = 'after'`)).rowCount).toBe(1)
  await client.end()
})
