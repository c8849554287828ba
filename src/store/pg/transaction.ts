import { DatabaseError, type Pool, type PoolClient } from 'pg'

export type Isolation = 'read committed' | 'repeatable read, read only'

/** Who locked rows and fell silent (paused, cut off) lets go of them in less than a lease's time. */
const SILENT_MS = 5_000

/**
 * Runs `use` in one transaction on a connection of its own. Where it or the commit fails nothing was done, unless
 * the connection broke while committing: then nobody knows.
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
    // A connection with an answer outstanding is of no use to the next one.
    client.release(isBroken)
  }
}

function isConnectionError(error: unknown): boolean {
  if (error instanceof DatabaseError) return false
  return error instanceof Error && !('retryable' in error)
}
