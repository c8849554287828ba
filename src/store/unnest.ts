import type { ClientBase, QueryResult, QueryResultRow } from 'pg'
import { binaryArray, type Column } from './binary-array.ts'

/** Locks stay short and arrays small. */
const ROWS_A_STATEMENT = 2_500

/** A prepared statement over the rows of `unnest(…)`, one array a column, so that its text never changes. */
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
  more: readonly string[] = [],
): Promise<number> {
  let written = 0
  for (const part of partsOf(rows)) {
    const { rowCount } = await askUnnest(client, statement, part, more)
    written += rowCount ?? 0
  }
  return written
}

/** So many rows as one statement takes. */
export function* partsOf<Row>(rows: readonly Row[]): Iterable<readonly Row[]> {
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT)
    yield rows.slice(from, from + ROWS_A_STATEMENT)
}

/** @param part no more rows than one statement takes */
export function askUnnest<Row, Answer extends QueryResultRow>(
  client: ClientBase,
  { name, text, columns }: UnnestStatement<Row>,
  part: readonly Row[],
  more: readonly string[] = [],
): Promise<QueryResult<Answer>> {
  return client.query<Answer>({
    ...{ name, text },
    values: [...columns.map(column => binaryArray(column, part)), ...more],
  })
}

export function namesOf<Row>(columns: readonly Column<Row>[]): string {
  return columns.map(({ name }) => name).join(', ')
}
