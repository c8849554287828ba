import { Client } from 'pg'
import { ID, type Size, TENANTS } from './filled-database.ts'

/** A statement that took its time, by the clock of `performance`. */
export interface Wait {
  /** The table that could not be written, or `a commit`. */
  readonly what: string
  readonly fromMs: number
  readonly toMs: number
}

/** The tables that commits write. */
const TABLES = [
  ...['routers', 'router_services', 'user_sessions', 'session_deltas', 'usage_daily', 'tenant_usage_daily'],
  ...['ledger_events', 'binding_counters', 'router_leases', 'event_decisions', 'alerts'],
]
/** What is read, not written. */
export const READ = 'a read'
const EVERY_MS = 20
/** How long somebody reads at a time. */
const READ_SECONDS = 3

/** Writes to a database all the time, as daemons do, and notes how long each try took. */
export class Writers {
  readonly waits: Wait[] = []
  readonly #loops: readonly Promise<void>[]
  #isOver = false
  /** Commits that failed, by message. */
  readonly failures = new Map<string, number>()

  /** @param isRead whether somebody reads all the time too, for seconds in one transaction */
  constructor(url: string, size: Size, isRead: boolean) {
    this.#loops = [
      ...TABLES.map(table => this.#loop(url, table, client => probe(client, table))),
      this.#loop(url, 'a commit', client => commit(client, size)),
      ...(isRead ? [this.#loop(url, READ, read)] : []),
    ]
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
  }

  async #loop(url: string, what: string, write: (client: Client) => Promise<void>): Promise<void> {
    const client = new Client({ connectionString: url })
    await client.connect()
    while (!this.#isOver) {
      const fromMs = performance.now()
      try {
        await write(client)
      } catch (error) {
        await client.query('rollback')
        const message = `${what}: ${error instanceof Error ? error.message : String(error)}`
        this.failures.set(message, (this.failures.get(message) ?? 0) + 1)
      }
      this.waits.push({ what, fromMs, toMs: performance.now() })
      await new Promise(resolve => setTimeout(resolve, EVERY_MS))
    }
    await client.end()
  }
}

/** Takes the lock that an insert or update takes. */
async function probe(client: Client, table: string): Promise<void> {
  const { rows } = await client.query<{ is_there: boolean }>(
    'select to_regclass($1) is not null as is_there',
    [table],
  )
  if (rows[0]?.is_there) await client.query(`begin; lock table ${table} in row exclusive mode; commit`)
}

async function read(client: Client): Promise<void> {
  await client.query(
    `begin; select from user_sessions limit 1; select from tenant_usage_daily limit 1; select pg_sleep(${READ_SECONDS}); commit`,
  )
}

/** Writes a reading of one open session, with statements that all schemas know. */
async function commit(client: Client, { sessions }: Size): Promise<void> {
  const n = 10 * Math.floor(1 + Math.random() * (sessions / 10 - 1))
  await client.query('begin')
  await client.query(`select from routers where tenant_id = $1 and id = $2 for no key update`, [
    `t${n % TENANTS}`,
    `r${Math.floor(n / TENANTS) % 10}`,
  ])
  await client.query(
    `with grown as (update user_sessions set data_upload = data_upload + 1
        from generate_series(${n}, ${n}) as n where id = ${ID}
        returning id, tenant_id, router_id, service, username),
      delta as (insert into session_deltas (session_id, bucket_start, tenant_id, upload, download)
        select id, date_trunc('hour', now()), tenant_id, 1, 0 from grown
        on conflict (session_id, bucket_start) do update set upload = session_deltas.upload + 1),
      daily as (insert into usage_daily (tenant_id, day, router_id, service, username, upload, download)
        select tenant_id, current_date, router_id, service, username, 1, 0 from grown
        on conflict (tenant_id, day, router_id, service, username) do update set upload = usage_daily.upload + 1)
      insert into tenant_usage_daily (tenant_id, day, router_id, service, upload, download)
        select tenant_id, current_date, router_id, service, 1, 0 from grown
        on conflict (tenant_id, day, router_id, service) do update set upload = tenant_usage_daily.upload + 1`,
  )
  await client.query('commit')
}
