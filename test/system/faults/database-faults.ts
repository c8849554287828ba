import { createServer } from 'node:http'
import { freePort } from '../../../src/postgres/free-port.ts'
import { AUTHORITY_PATH } from '../../harness/fleet/certificate.ts'
import { HAS_PGBOUNCER, PgBouncer, TLS_SETTINGS } from '../../harness/postgres/pgbouncer.ts'
import { query } from '../../harness/postgres/query.ts'
import { listening } from '../../runtime/listening.ts'
import type { Fault, Means } from './fault.ts'
import { errorOf, fatalOf, type Shown } from './shown.ts'

export const DATABASE_FAULTS: readonly Fault[] = [
  {
    what: 'the database is down',
    command: 'run',
    code: 1,
    line: 'could not start: no connection to the database: connect ECONNREFUSED 127.0.0.1:PORT: start PostgreSQL there, or set database.url to where it runs',
    provoke: async means => {
      const port = await freePort()
      means.place.name(port, 'PORT')
      return runOn(means, `postgres://tikmeter:secret@127.0.0.1:${port}/tikmeter`)
    },
  },
  {
    what: 'something else answers in its place',
    command: 'run',
    code: 1,
    line: 'could not start: no connection to the database: Connection terminated unexpectedly: see that it is PostgreSQL that listens there, and that it runs',
    provoke: async means => {
      const port = await listening(createServer())
      return runOn(means, `postgres://tikmeter:secret@127.0.0.1:${port}/tikmeter`)
    },
  },
  {
    what: 'its password is wrong',
    command: 'run',
    code: 1,
    line: 'could not start: no connection to the database: password authentication failed for user "tikmeter" (28P01): set database.url to the right user and password',
    provoke: means => runOn(means, changed(means.database.url, { password: 'wrong' })),
  },
  {
    what: 'it has no TLS, but its URL asks for it',
    command: 'run',
    code: 1,
    line: 'could not start: no connection to the database: The server does not support SSL connections: leave sslmode out of database.url, or turn its ssl on',
    provoke: means => runOn(means, changed(means.database.url, { search: '?sslmode=verify-full' })),
  },
  {
    what: 'its URL has no password',
    command: 'run',
    code: 1,
    line: 'could not start: no connection to the database: SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string: set database.url to one with a password: postgres://user:password@host/name',
    provoke: means => runOn(means, changed(means.database.url, { password: '' })),
  },
  {
    what: 'its URL ends within the password',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:11:3 database.url: must be a URL such as postgres://user:password@host:5432/tikmeter: in the password write / as %2F, ? as %3F, # as %23, @ as %40, % as %25',
    provoke: async ({ place }) => {
      await place.configure({ database: { url: 'postgres://tikmeter:se/cret@127.0.0.1/tikmeter' } })
      return errorOf(await place.run(['check']))
    },
  },
  {
    what: 'the database does not exist',
    command: 'run',
    code: 1,
    line: 'could not start: no connection to the database: database "no_such_database" does not exist (3D000): create it (createdb), or set database.url to another',
    provoke: means => runOn(means, changed(means.database.url, { pathname: '/no_such_database' })),
  },
  {
    what: 'its user may not create tables',
    command: 'run',
    code: 1,
    line: 'could not start: migration failed: permission denied for database DATABASE (42501): let the user of database.url make tables in it: grant create on database NAME to USER',
    provoke: means => runOn(means, means.bare.guestUrl),
  },
  {
    what: 'its user may create schemas, but no tables in public',
    command: 'run',
    code: 1,
    line: 'could not start: migration failed: permission denied for schema public (42501): let the user of database.url make tables in it: grant create on schema NAME to USER',
    provoke: async means => {
      const { bare } = means
      await query(bare.url, `grant create on database ${bare.name} to ${bare.guest}`)
      try {
        return await runOn(means, bare.guestUrl)
      } finally {
        await query(bare.url, `revoke create on database ${bare.name} from ${bare.guest}`)
        await query(bare.url, 'drop schema drizzle cascade')
      }
    },
  },
  {
    what: 'it cannot store every name',
    command: 'run',
    code: 1,
    line: 'could not start: the database has the encoding LATIN1, which lacks characters that names have: create one with UTF8 (createdb -E UTF8 -T template0 NAME), and set database.url to it',
    provoke: async means => {
      const name = `${means.bare.name}_latin`
      const how = `encoding latin1 locale 'C' template template0`
      await query(means.bare.url, `create database ${name} ${how}`)
      try {
        return await runOn(means, changed(means.database.url, { pathname: `/${name}` }))
      } finally {
        await query(means.bare.url, `drop database ${name} with (force)`)
      }
    },
  },
  {
    what: 'a pooler does not know a parameter of its URL',
    command: 'run',
    code: 1,
    line: 'could not start: no connection to the database: unsupported startup parameter: options (08P01): leave it out of database.url, or name it in ignore_startup_parameters of the pooler',
    provoke: means =>
      throughPooler(means, ['pool_mode = transaction'], url =>
        runOn(means, changed(url, { search: '?options=-c%20work_mem%3D64MB' })),
      ),
  },
  {
    what: 'a pooler allows no transactions',
    command: 'run',
    code: 1,
    line: 'could not start: migration failed: transaction blocks not allowed in statement pooling mode (08P01): set pool_mode = transaction in the pooler',
    provoke: means => throughPooler(means, ['pool_mode = statement'], url => runOn(means, url)),
  },
  {
    what: 'a pooler waits in vain for the database',
    command: 'run',
    code: 1,
    line: 'could not start: migration failed: query_wait_timeout (08P01): see that the PostgreSQL behind the pooler runs, or give it more connections (default_pool_size)',
    provoke: means =>
      throughPooler(
        means,
        ['pool_mode = transaction', 'default_pool_size = 1', 'query_wait_timeout = 1'],
        url => runOn(means, url),
      ),
  },
  {
    what: 'its certificate names another host',
    command: 'run',
    code: 1,
    line: "could not start: no connection to the database: Hostname/IP does not match certificate's altnames: IP: 127.0.0.2 is not in the cert's list: 127.0.0.1, ::1: set database.url to a host that its certificate names",
    provoke: means =>
      throughTls(means, url =>
        runOn(
          means,
          changed(url, { hostname: '127.0.0.2', search: `?sslmode=require&sslrootcert=${AUTHORITY_PATH}` }),
        ),
      ),
  },
  {
    what: 'nobody that we know signed its certificate',
    command: 'run',
    code: 1,
    line: 'could not start: no connection to the database: unable to verify the first certificate: name its CA in database.url: sslrootcert=FILE (only sslmode=no-verify does not check it)',
    provoke: means => throughTls(means, url => runOn(means, changed(url, { search: '?sslmode=require' }))),
  },
  {
    what: 'it requires TLS, but its URL does not ask for it',
    command: 'run',
    code: 1,
    line: 'could not start: no connection to the database: SSL required (08P01): ask for TLS in database.url: ?sslmode=require',
    provoke: means => throughTls(means, url => runOn(means, url), 'require'),
  },
  {
    what: 'its certificate is to be checked, but the CA is not there',
    command: 'run',
    code: 1,
    line: "could not start: database.url cannot be used: ENOENT: no such file or directory, open '/nowhere/ca.pem'",
    provoke: means =>
      runOn(means, changed(means.database.url, { search: '?sslmode=verify-ca&sslrootcert=/nowhere/ca.pem' })),
  },
  {
    what: 'it does not know a timezone that Node knows',
    command: 'run',
    code: 1,
    line: "could not start: PostgreSQL does not know the timezone US/Pacific-New: write another name for it, or update PostgreSQL's timezones",
    provoke: async ({ place, database }) => {
      const tenants = [{ id: 'acme', timezone: 'US/Pacific-New', routers: [] }]
      await place.configure({ database: { url: database.url }, tenants })
      return fatalOf(await place.run(['run']))
    },
  },
  {
    what: 'it is embedded, and the daemon’s user has no name',
    command: 'run',
    code: 1,
    line: "could not start: PostgreSQL refuses to run as uid 54321, because it has no entry in /etc/passwd. Run tikmeter as a user that has one (in tikmeter's image: 1000), or set database.url.",
    provoke: async ({ place, user }) => {
      if (typeof user === 'string') return user
      if (process.getuid?.() !== 0) return 'only root can run a command as another user'
      const nameless = { uid: 54_321, gid: 54_321 }
      await place.giveTo(nameless)
      await place.configure({ database: { directory: place.path('postgres') } })
      return fatalOf(await place.run(['run'], { user: nameless }))
    },
  },
  {
    what: 'its tables are from a later release',
    command: 'run',
    code: 1,
    line: 'could not start: the database is of a later release of tikmeter, whose tables are of 2099-01-01: run that release, or restore a backup from before it',
    provoke: means => withLaterSchema(means, () => runOn(means, means.database.url)),
  },
  {
    what: 'its tables are from a later release, and migrate is run',
    command: 'migrate',
    code: 1,
    line: 'error: the database is of a later release of tikmeter, whose tables are of 2099-01-01: run that release, or restore a backup from before it',
    provoke: means =>
      withLaterSchema(means, async () => {
        await means.place.configure({ database: { url: means.database.url } })
        return errorOf(await means.place.run(['migrate']))
      }),
  },
  {
    what: 'no daemon has ever used it',
    command: 'usage',
    code: 1,
    line: 'error: the database lacks tables of tikmeter, or of this release: run `tikmeter migrate`, or the daemon',
    provoke: async ({ place, bare }) => {
      await place.configure({ database: { url: bare.url } })
      return errorOf(await place.run(['usage']))
    },
  },
  {
    what: 'its own folder holds other things',
    command: 'run',
    code: 1,
    line: 'could not start: database.directory DIR holds other things (tikmeter.yaml). Set it to a folder of its own.',
    provoke: async ({ place }) => {
      await place.configure({ database: { directory: place.folder } })
      return fatalOf(await place.run(['run']))
    },
  },
]

async function runOn({ place, bare }: Means, url: string): Promise<Shown> {
  place.name(bare.name, 'DATABASE')
  await place.configure({ database: { url } })
  return fatalOf(await place.run(['run']))
}

function changed(
  url: string,
  parts: Partial<Pick<URL, 'hostname' | 'password' | 'pathname' | 'search'>>,
): string {
  return Object.assign(new URL(url), parts).href
}

async function throughPooler(
  { database }: Means,
  settings: readonly string[],
  provoke: (url: string) => Promise<Shown>,
): Promise<Shown | string> {
  if (!HAS_PGBOUNCER) return 'PgBouncer is not installed'
  const bouncer = await PgBouncer.start(database.url, settings)
  try {
    return await provoke(bouncer.through(database.url))
  } finally {
    await bouncer.stop()
  }
}

/** PgBouncer takes any certificate, and our PostgreSQL has none. @param mode whether clients must use TLS */
function throughTls(
  means: Means,
  provoke: (url: string) => Promise<Shown>,
  mode: 'allow' | 'require' = 'allow',
): Promise<Shown | string> {
  const settings = TLS_SETTINGS.map(it => it.replace(/(?<=sslmode = ).*/, mode))
  return throughPooler(means, ['pool_mode = session', ...settings], provoke)
}

async function withLaterSchema({ database }: Means, provoke: () => Promise<Shown>): Promise<Shown> {
  const later = Date.UTC(2099, 0, 1)
  await query(
    database.url,
    `insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', ${later})`,
  )
  const set = 'update drizzle.tikmeter_schema set writable_since'
  await query(database.url, `${set} = ${later}`)
  try {
    const before = await tablesOf(database.url)
    const shown = await provoke()
    if ((await tablesOf(database.url)) !== before) throw new Error('the tables were changed')
    return shown
  } finally {
    await query(database.url, `delete from drizzle.__drizzle_migrations where created_at = ${later}`)
    await query(database.url, `${set} = (select max(created_at) from drizzle.__drizzle_migrations)`)
  }
}

/** A line for each relation; whatever a migration creates, changes or drops changes its line. */
async function tablesOf(url: string): Promise<string> {
  return JSON.stringify([
    await query(url, 'select oid, xmin from pg_class order by oid'),
    await query(url, 'select * from drizzle.__drizzle_migrations order by id'),
  ])
}
