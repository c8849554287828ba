import type { ClientBase } from 'pg'

/** A statement without its parameters. */
export interface AskedStatement {
  readonly text: string
  /** That of a prepared statement. */
  readonly name: string | undefined
}

/**
 * Rewrites each statement that a connection sends from now on, after those that were set earlier: streams and cursors
 * are sent as they are.
 */
export function rewriteStatements(
  client: ClientBase,
  rewrite: (asked: AskedStatement) => AskedStatement,
): void {
  const { query } = client
  // pg's own promises and callbacks stay as they are: only the first argument differs.
  const value = (asked: unknown, ...others: unknown[]): unknown =>
    Reflect.apply(query, client, [rewritten(asked, rewrite), ...others])
  Object.defineProperty(client, 'query', { value, writable: true })
}

function rewritten(asked: unknown, rewrite: (asked: AskedStatement) => AskedStatement): unknown {
  if (typeof asked === 'string') return rewrite({ text: asked, name: undefined }).text
  if (typeof asked !== 'object' || asked === null || 'submit' in asked) return asked
  if (!('text' in asked) || typeof asked.text !== 'string') return asked
  const name = 'name' in asked && typeof asked.name === 'string' ? asked.name : undefined
  return { ...asked, ...rewrite({ text: asked.text, name }) }
}
