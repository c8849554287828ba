import type { ClientBase } from 'pg'
import { rewriteStatements } from './rewrite-statements.ts'

/*
 * A pooler between us and PostgreSQL, such as PgBouncer in transaction mode, runs each transaction on any of its own
 * connections. What one of them keeps for longer than a transaction (settings, prepared statements, locks, cursors)
 * would affect other clients of the pooler, and be missing in our next transaction. Through a pooler we therefore have
 * nothing of the kind.
 */

/** The limits of what a connection does, in milliseconds. */
export interface ConnectionLimits {
  readonly statementMs: number
  /** The time without a statement within a transaction. */
  readonly idleInTransactionMs: number
}

/**
 * SQL of whether a connection ends at PostgreSQL itself. When it begins, PostgreSQL names the process that serves it, for
 * cancelling. A pooler names none of its servers' processes, because they change.
 */
function isDirectSql(client: ClientBase): string {
  const process = 'processID' in client && typeof client.processID === 'number' ? client.processID : 0
  return `pg_backend_pid() = ${process}`
}

/** Whether what a connected client sends goes through a pooler. */
export async function isThroughPooler(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ is_direct: boolean }>(`select ${isDirectSql(client)} as is_direct`)
  return rows[0]?.is_direct !== true
}

/**
 * Sets the limits of a new connection. Through a pooler each transaction gets them instead, and statements outside of
 * one only have the limit of how long we wait for their answers.
 * @returns whether it is through a pooler
 */
export async function limitConnection(client: ClientBase, limits: ConnectionLimits): Promise<boolean> {
  const settings = settingsOf(limits).map(([name, value]) => `set_config('${name}', '${value}', false)`)
  const { rowCount } = await client.query(`select ${settings.join(', ')} where ${isDirectSql(client)}`)
  const isPooled = rowCount === 0
  if (isPooled) sendWithoutSession(client, limits)
  return isPooled
}

function settingsOf({ statementMs, idleInTransactionMs }: ConnectionLimits) {
  return [
    ['statement_timeout', statementMs],
    ['idle_in_transaction_session_timeout', idleInTransactionMs],
  ] as const
}

/** From now on prepares no statements on a connection, and begins each transaction with the limits. */
function sendWithoutSession(client: ClientBase, limits: ConnectionLimits): void {
  const begin = settingsOf(limits).map(([name, value]) => `; set local ${name} = ${value}`)
  rewriteStatements(client, ({ text }) => ({
    text: text.replace(/^begin\b[^;]*/i, found => found + begin.join('')),
    name: undefined,
  }))
}
