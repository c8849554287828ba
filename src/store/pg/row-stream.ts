import type { Client } from 'pg'
import QueryStream from 'pg-query-stream'
import type { Value } from '../../api/usage/usage-source.ts'
import { valuesOf } from '../usage/query.ts'
import { connectedClient } from './client.ts'
import { asCommandError } from './errors.ts'
import { type Installation, inSchema } from './installation.ts'

/** A row by column. All rows of a statement have their columns in the same order. */
export type TableRow = Readonly<Record<string, Value>>

export interface Statement {
  readonly text: string
  readonly params: unknown[]
}

const ROWS_AT_ONCE = 1_000

/**
 * Reads the rows of statements one by one, in their order, as the database is at one moment, on a read-only connection of
 * its own.
 * @param statements makes them, and may ask for what it needs
 * @param what what is not done if it fails: the beginning of the message
 * @throws StoreError
 */
export async function* rowsOf(
  installation: Installation,
  statements: (client: Client) => Promise<readonly Statement[]>,
  columns: readonly string[],
  what: string,
): AsyncIterable<TableRow> {
  let client: Client | undefined
  try {
    client = await connectedClient(installation, 'tikmeter-usage')
    await client.query('begin transaction isolation level repeatable read, read only')
    for (const { text, params } of await statements(client)) {
      const stream = new QueryStream(inSchema(text, installation.schema), params, {
        batchSize: ROWS_AT_ONCE,
        rowMode: 'array',
      })
      for await (const texts of client.query(stream) as AsyncIterable<readonly (string | null)[]>) {
        const values = valuesOf(columns, texts)
        yield Object.fromEntries(columns.map((name, index) => [name, values[index] ?? null]))
      }
    }
  } catch (cause) {
    throw asCommandError(what, cause)
  } finally {
    await client?.end().catch(() => {})
  }
}
