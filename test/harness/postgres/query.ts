import { Pool, type QueryResultRow } from 'pg'

/** Who asks again within it, as who waits for something does, is connected still: to connect takes 40 times as long. */
const IDLE_MS = 1_000

const pools = new Map<string, Pool>()

/** Asks a database. Its connection ends by itself, when nobody asks any more, or with the server or the database. */
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
  // A connection that ended while nobody asked is not used again.
  pool.on('error', () => {})
  pools.set(url, pool)
  return pool
}
