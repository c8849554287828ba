import { type Client, DatabaseError } from 'pg'
import { PasswordLost } from './errors.ts'
import { AccountFiles } from './files.ts'
import type { Home } from './home.ts'
import type { Listening } from './listening.ts'
import { DAEMON, daemonUrl, newPassword, passwordFile, superuserUrl } from './password.ts'
import { makeDatabase, withClient } from './session.ts'

/** An arbitrary number that no other program uses for advisory locks in the database `postgres`. */
const ROLE_LOCK = 7_420_318_554
/** The oid of the first superuser, in every cluster. */
const SUPERUSER = 10

/** Wrong password or unknown role, no access, unknown database: the state before the hand-over. */
const NOT_LET_IN = new Set(['28P01', '28000', '3D000'])

/** A condition for objects that belong to no extension and to none of PostgreSQL's own schemas. */
const isOfOurs = (catalog: string, schema: string) => `
  ${schema} in (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
  and not exists (
    select from pg_depend where classid = '${catalog}'::regclass and objid = it.oid and deptype = 'e'
  )`

/** Each statement gives an object of the superuser to the daemon's role; indexes and sequences of columns follow. */
const CHANGES = `
  select format('alter table %s owner to ${DAEMON}', it.oid::regclass) as change
  from pg_class it
  where relowner = ${SUPERUSER} and relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${isOfOurs('pg_class', 'relnamespace')}
    and not exists (
      select from pg_depend
      where classid = 'pg_class'::regclass and objid = it.oid and relkind = 'S' and deptype in ('a', 'i')
    )
  union all
  select format('alter routine %s owner to ${DAEMON}', it.oid::regprocedure)
  from pg_proc it where proowner = ${SUPERUSER} and ${isOfOurs('pg_proc', 'pronamespace')}
  union all
  select format('alter type %s owner to ${DAEMON}', it.oid::regtype)
  from pg_type it where typowner = ${SUPERUSER} and typtype in ('e', 'd') and ${isOfOurs('pg_type', 'typnamespace')}
  union all
  select format('alter schema %I owner to ${DAEMON}', nspname)
  from pg_namespace it where nspowner = ${SUPERUSER} and ${isOfOurs('pg_namespace', 'oid')}
  union all
  select format('alter database %I owner to ${DAEMON}', datname)
  from pg_database it where datname = current_database() and datdba = ${SUPERUSER}`

/**
 * Ensures that the database belongs to the daemon's role, which has no other rights in the cluster. The superuser
 * connects only if it does not yet: the first time, and after a release without this role.
 * @returns the connection URL of the role, which contains its password
 * @throws PasswordLost
 */
export async function ownedDatabase(home: Home, listening: Listening): Promise<string> {
  const known = await daemonUrl(home, listening)
  if (known !== undefined && (await ownsAll(known))) return known
  const file = passwordFile(home.folder, DAEMON)
  const files = new AccountFiles(home.account)
  await withClient(await superuserUrl(home, listening, 'postgres'), async admin => {
    // Another process may be doing the same. The lock is released with the connection.
    await admin.query('select pg_advisory_lock($1)', [ROLE_LOCK])
    await makeDatabase(admin, 'tikmeter')
    const password = (await files.read(file))?.trim() ?? newPassword()
    await withClient(await superuserUrl(home, listening, 'tikmeter'), it => handOver(it, password))
    await files.make(file, `${password}\n`)
  })
  const url = await daemonUrl(home, listening)
  if (url === undefined) throw new PasswordLost(file)
  return url
}

async function ownsAll(url: string): Promise<boolean> {
  try {
    return await withClient(url, async client => (await client.query(CHANGES)).rows.length === 0)
  } catch (error) {
    if (error instanceof DatabaseError && NOT_LET_IN.has(error.code ?? '')) return false
    throw error
  }
}

async function handOver(client: Client, password: string): Promise<void> {
  // The server would log a failing statement, and this one contains a password.
  await client.query("set log_min_error_statement = 'panic'; set log_statement = 'none'")
  await client.query('begin')
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [DAEMON])
  const rights = 'login nosuperuser nocreatedb nocreaterole noreplication nobypassrls'
  await client.query(
    `${rowCount ? 'alter' : 'create'} role ${DAEMON} ${rights} password ${client.escapeLiteral(password)}`,
  )
  const { rows } = await client.query<{ change: string }>(CHANGES)
  for (const { change } of rows) await client.query(change)
  await client.query('commit')
}
