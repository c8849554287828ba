import { Pool, type QueryResultRow } from 'pg'

/** A query within this time, as in polling, reuses the connection: connecting takes 40 times as long. */
const IDLE_MS = 1_000

const pools = new Map<string, Pool>()

/** Queries a database. The connection ends by itself when idle, or with the server or the database. */
export async function query<Row extends QueryResultRow>(
  url: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const { rows } = await poolOf(url).query<Row>(statement, [...values])
  return rows
}

function poolOf(url: string): Pool {
  const found = pools.get(url)
  if (found) return found
  const pool = new Pool({ connectionString: url, idleTimeoutMillis: IDLE_MS, allowExitOnIdle: true })
  // A connection that ended while idle is not reused.
  pool.on('error', () => {})
  pools.set(url, pool)
  return pool
}
