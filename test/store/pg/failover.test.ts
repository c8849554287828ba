import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '../../../src/runtime/logger.ts'
import { connectedClient } from '../../../src/store/pg/client.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { asking } from '../../../src/store/pg/errors.ts'
import { Hosts, StandbyHost } from '../../../src/store/pg/hosts.ts'
import { inTransaction } from '../../../src/store/pg/transaction.ts'
import { query } from '../../harness/postgres/query.ts'
import { createDatabaseApart, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'

/** Two servers; the second one takes over when the first one is gone. */
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

/** The port of the server that answers. */
async function port(): Promise<string> {
  const { rows } = await database.pool.query<{ port: number }>('select inet_server_port() as port')
  return String(rows[0]?.port)
}

function portOf(server: ScratchDatabase | undefined): string {
  return new URL(server?.url ?? '').port
}

/** Sets whether a server takes writes, and waits until each of its connections has heard of it. */
async function setReadOnly(server: number, isReadOnly: boolean): Promise<void> {
  const at = servers[server]?.url ?? ''
  const setting = isReadOnly ? 'on' : 'off'
  // A server that is read-only still takes this: it writes no table.
  await query(at, `alter system set default_transaction_read_only = ${setting}`)
  await query(at, 'select pg_reload_conf()')
  await expect
    .poll(() => query(at, 'show default_transaction_read_only'))
    .toEqual([{ default_transaction_read_only: setting }])
}

/** Writes a tenant. @returns the numbers of the servers that have it */
async function write(id: string): Promise<number[]> {
  await asking('not written', () =>
    inTransaction(database.pool, 'read committed', client =>
      client.query('insert into tenants (id, name, timezone) values ($1, $1, $2)', [id, 'UTC']),
    ),
  )
  const found = await Promise.all(servers.map(it => query(it.url, 'select from tenants where id = $1', [id])))
  return found.flatMap((rows, server) => (rows.length > 0 ? [server] : []))
}

test('a primary that was demoted gets no write, and the one that was promoted gets them all', async () => {
  for (const round of [1, 2, 3]) {
    const [primary, standby] = round % 2 === 1 ? [0, 1] : [1, 0]
    await setReadOnly(standby, true)
    await setReadOnly(primary, false)
    let tries = 0
    const tried = () => write(`tenant-${round}-${++tries}`).catch(() => [])
    await expect.poll(tried, { timeout: 10_000 }).toEqual([primary])
    for (let more = 0; more < 5; more++) expect(await tried()).toEqual([primary])
    const client = await connectedClient({ url }, 'command')
    const { rows } = await client.query<{ port: number }>('select inet_server_port() as port')
    expect(String(rows[0]?.port)).toBe(portOf(servers[primary]))
    await client.end()
  }
  await setReadOnly(1, false)
})

test('when a host is gone, the next one is connected to, also by commands', async () => {
  expect(await port()).toBe(portOf(servers[0]))
  await servers.shift()?.drop()
  await expect.poll(() => port().catch(() => undefined), { timeout: 10_000 }).toBe(portOf(servers[0]))
  const client = await connectedClient({ url }, 'command')
  const { rows } = await client.query<{ port: number }>('select inet_server_port() as port')
  expect(String(rows[0]?.port)).toBe(portOf(servers[0]))
  await client.end()
})

/** A connected client of a host that takes writes, or does not. */
function clientOf(isReadOnly: boolean): Parameters<Hosts['check']>[0] {
  return { query: () => Promise.resolve({ rows: [{ is_read_only: isReadOnly }] }) } as never
}

test('a host that takes no writes is not the one, unless it is the only one', async () => {
  const hosts = new Hosts('postgres://u@one,two/name')
  await expect(hosts.check(clientOf(true))).rejects.toThrow(StandbyHost)
  await hosts.check(clientOf(false))
  await new Hosts('postgres://u@one/name').check(clientOf(true))
})

test('of those that saw a host fail, only the first moves on from it', () => {
  const hosts = new Hosts('postgres://u@one,two/name')
  const { url: first } = hosts
  hosts.failed(first)
  hosts.failed(first)
  expect(hosts.url).toBe('postgres://u@two/name')
  hosts.failed(hosts.url)
  expect(hosts.url).toBe(first)
})
