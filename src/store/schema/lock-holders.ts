import type { ClientBase } from 'pg'

/** A connection that has a lock which we wait for, as PostgreSQL knows it. What it may not tell us is `null`. */
export interface LockHolder {
  readonly pid: number
  readonly application: string | null
  readonly user: string | null
  readonly address: string | null
  /** `active`, `idle in transaction` … */
  readonly state: string | null
  /** Of its transaction. */
  readonly since: Date | null
}

const HOLDERS = `select distinct pid, nullif(application_name, '') as application, usename as "user",
    client_addr::text as address, state, xact_start as since
  from pg_locks join pg_stat_activity using (pid)
  where granted and pid <> pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())`

/** Enough to find out whose they are. */
const MOST = 5

/** Finds who has an advisory lock. @param key a bigint */
export async function holdersOfLock(client: ClientBase, key: number): Promise<readonly LockHolder[]> {
  const { rows } = await client.query<LockHolder>(
    `${HOLDERS} and locktype = 'advisory' and objsubid = 1
       and classid::bigint << 32 | objid::bigint = ${key} limit ${MOST}`,
  )
  return rows
}

/** Finds who has locks on our tables, the longest first. */
export async function holdersOfTables(client: ClientBase): Promise<readonly LockHolder[]> {
  const { rows } = await client.query<LockHolder>(
    `${HOLDERS} and relation in (select oid from pg_class where relnamespace = (
         select relnamespace from pg_class where oid = to_regclass('routers')))
       order by since limit ${MOST}`,
  )
  return rows
}
