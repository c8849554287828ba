import type { ClientBase } from 'pg'

/** One column of rows that go to Postgres as one array a column, so that a statement's text never changes. */
export interface Column<Row> {
  readonly name: string
  readonly type: 'uuid' | 'text' | 'timestamptz' | 'date' | 'int8' | 'bool' | 'jsonb'
  readonly of: (row: Row) => string | number | boolean | null
}

/** Locks stay short and arrays small. */
const ROWS_A_STATEMENT = 2_500

/** A prepared statement over the rows of `unnest(…)`. */
export interface UnnestStatement<Row> {
  /** The name it is prepared by. */
  readonly name: string
  readonly columns: readonly Column<Row>[]
  readonly text: string
}

/** @param text makes the statement around `unnest($1::…[], …)`; parameters of its own count on after the columns */
export function unnestStatement<Row>(
  name: string,
  columns: readonly Column<Row>[],
  text: (rows: string) => string,
): UnnestStatement<Row> {
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`)
  return { name, columns, text: text(`unnest(${arrays.join(', ')})`) }
}

/**
 * @param more the statement's own parameters
 * @returns how many rows it wrote
 */
export async function runUnnest<Row>(
  client: ClientBase,
  statement: UnnestStatement<Row>,
  rows: readonly Row[],
  more: readonly (string | number)[] = [],
): Promise<number> {
  const { name, text, columns } = statement
  let written = 0
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
    const part = rows.slice(from, from + ROWS_A_STATEMENT)
    const values = [...columns.map(column => part.map(column.of)), ...more]
    const { rowCount } = await client.query({ name, text, values })
    written += rowCount ?? 0
  }
  return written
}

export function namesOf<Row>(columns: readonly Column<Row>[]): string {
  return columns.map(({ name }) => name).join(', ')
}
