import { DatabaseError, type Pool, type PoolClient } from 'pg'

export type Isolation = 'read committed' | 'repeatable read, read only'

/** A client that locked rows and fell silent (paused, cut off) loses them in less than the duration of a lease. */
const SILENT_MS = 5_000

/**
 * Runs `use` in one transaction on a connection of its own. If it or the commit fails, nothing was done, unless the
 * connection broke during the commit: then the outcome is not known.
 */
export async function inTransaction<T>(
  pool: Pool,
  isolation: Isolation,
  use: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let isBroken = false
  try {
    await client.query(
      `begin isolation level ${isolation}; set local idle_in_transaction_session_timeout = ${SILENT_MS}`,
    )
    const result = await use(client)
    await client.query('commit')
    return result
  } catch (error) {
    isBroken = isConnectionError(error)
    if (!isBroken)
      await client.query('rollback').catch(() => {
        isBroken = true
      })
    throw error
  } finally {
    // A connection with an outstanding answer cannot be used again.
    client.release(isBroken)
  }
}

/** Of a primary that has become a standby: the next connection is to the new one. */
const READ_ONLY = '25006'

function isConnectionError(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.code === READ_ONLY
  return error instanceof Error && !('retryable' in error)
}
