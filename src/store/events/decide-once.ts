import type { Logger } from '../../runtime/logger.ts'
import { asCommandError } from '../pg/errors.ts'
import type { Installation } from '../pg/installation.ts'
import { openPool } from '../pg/pool.ts'
import { inTransaction } from '../pg/transaction.ts'
import { lockWritable } from '../schema/writable.ts'
import { type DecisionOutcome, decideEvent, type EventDecision } from './decide-event.ts'

/** Long enough to wait for a commit of the event's router. */
const STATEMENT_MS = 30_000

/**
 * Calls `decideEvent` in a transaction on a connection of its own. After an error it may be called again: a decision that
 * was made stands.
 * @throws StoreError
 */
export async function decideOnce(
  { log, ...installation }: Installation & { readonly log: Logger },
  asked: EventDecision,
): Promise<DecisionOutcome> {
  const connections = { applicationName: 'tikmeter-credit', connections: 1 }
  const { pool } = openPool({
    ...connections,
    ...installation,
    log,
    statementMs: STATEMENT_MS,
    isPipeline: false,
  })
  try {
    return await inTransaction(pool, 'read committed', async client => {
      await lockWritable(client)
      return decideEvent(client, asked)
    })
  } catch (cause) {
    throw asCommandError('the event is not decided on', cause)
  } finally {
    await pool.end()
  }
}
