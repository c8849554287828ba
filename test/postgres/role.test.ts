import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findRunning } from '../../src/postgres/find-running.ts'
import { freePort } from '../../src/postgres/free-port.ts'
import { migrate } from '../../src/store/pg/migrate.ts'
import { ask, clusterIn, embeddedAt, makeHomeAt, removeHome, superuserAt } from './embedded-scene.ts'

/** Objects in a database with tables that do not belong to the daemon's role. */
const OTHERS = `
  select relname as name from pg_class
  where relnamespace in ('public'::regnamespace, 'drizzle'::regnamespace) and relowner <> current_user::regrole
  union all select proname from pg_proc
  where pronamespace = 'public'::regnamespace and proowner <> current_user::regrole
  union all select datname from pg_database
  where datname = current_database() and datdba <> current_user::regrole`

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-role-'))
  // As root, PostgreSQL runs as another user.
  await chmod(folder, 0o711)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function madeHome(name: string): Promise<string> {
  const at = join(folder, name)
  await makeHomeAt(at)
  return at
}

test('the daemon owns its database and has no other rights in the cluster', async () => {
  const at = await madeHome('fresh')
  const postgres = embeddedAt(at)
  try {
    const { url } = await postgres.start()
    await migrate({ url })
    expect(await ask(url, OTHERS)).toEqual([])
    const rights = 'rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as more'
    expect(await ask(url, `select ${rights} from pg_roles where rolname = current_user`)).toEqual([
      { more: false },
    ])
    for (const refused of [
      "copy (select 1) to program 'true'",
      'create role other',
      "select pg_read_file('x')",
    ])
      await expect(ask(url, refused)).rejects.toMatchObject({ code: '42501' })
    expect((await stat(join(at, 'password.daemon'))).mode & 0o777).toBe(0o600)
    const log = await readFile(join(at, 'postgres.log'), 'utf8')
    for (const file of ['password', 'password.daemon'])
      expect(log).not.toContain((await readFile(join(at, file), 'utf8')).trim())
  } finally {
    await postgres.stop()
    await removeHome(at)
  }
})

test('the superuser’s password is not used once the daemon has its own', async () => {
  const at = await madeHome('daily')
  const before = embeddedAt(at)
  const { url } = await before.start()
  await before.stop()
  await rm(join(at, 'password'))
  const after = embeddedAt(at)
  try {
    const again = await after.start()
    const passwordIn = (text: string) => new URL(text).password
    expect(passwordIn(again.url)).toBe(passwordIn(url))
    expect(await ask((await findRunning(at)) ?? '', 'select current_user as user')).toEqual([
      { user: 'tikmeter_daemon' },
    ])
  } finally {
    await after.stop()
    await removeHome(at)
  }
})

test.each(['stopped', 'running'])(
  'a database that the superuser created on a port, and is %s, becomes the daemon’s on a socket',
  async state => {
    const at = await madeHome(`of-the-superuser-${state}`)
    const { cluster } = await clusterIn(at)
    const listening = { kind: 'tcp', port: await freePort() } as const
    await cluster.start(listening)
    await ask(await cluster.superuserUrl(listening, 'postgres'), 'create database tikmeter')
    const old = await cluster.superuserUrl(listening, 'tikmeter')
    expect(await findRunning(at)).toBe(old)
    await migrate({ url: old })
    await ask(old, "insert into tenants (id, name, timezone) values ('acme', 'Acme', 'UTC')")
    if (state === 'running') {
      const daemon = new Client({ connectionString: old, application_name: 'tikmeter' })
      await daemon.connect()
      await expect(embeddedAt(at).start()).rejects.toMatchObject({ name: 'AnotherDaemon' })
      await daemon.end()
    } else await cluster.stop()
    const first = embeddedAt(at)
    try {
      const { url } = await first.start()
      expect(await ask(url, 'show listen_addresses')).toEqual([{ listen_addresses: '' }])
      await expect(ask(old, 'select')).rejects.toThrow('ECONNREFUSED')
      expect(await ask(url, OTHERS)).toEqual([])
      await migrate({ url })
      expect(await ask(url, 'select id from tenants')).toEqual([{ id: 'acme' }])
      // Like an earlier release that was installed again for a while.
      await ask(await superuserAt(at), 'create table later (n int)')
    } finally {
      await first.stop()
    }
    const second = embeddedAt(at)
    try {
      expect(await ask((await second.start()).url, OTHERS)).toEqual([])
    } finally {
      await second.stop()
      await removeHome(at)
    }
  },
)

test('a password that the role does not have is set', async () => {
  const at = await madeHome('another-password')
  const before = embeddedAt(at)
  await before.start()
  await before.stop()
  await writeFile(join(at, 'password.daemon'), 'another\n')
  const after = embeddedAt(at)
  try {
    expect(await ask((await after.start()).url, 'select 1 as one')).toEqual([{ one: 1 }])
  } finally {
    await after.stop()
    await removeHome(at)
  }
})
