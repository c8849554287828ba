import type { ClientBase } from 'pg'
import { binaryArray, type Column } from './binary-array.ts'

/** Keeps locks short and arrays small. */
const ROWS_A_STATEMENT = 2_500

/** A prepared statement over the rows of `unnest(…)`. There is one array per column, so its text never changes. */
export interface UnnestStatement<Row> {
  /** The name of the prepared statement. */
  readonly name: string
  readonly columns: readonly Column<Row>[]
  readonly text: string
}

/** @param text makes the statement around `unnest($1::…[], …)`; its own parameters are numbered after the columns */
export function unnestStatement<Row>(
  name: string,
  columns: readonly Column<Row>[],
  text: (rows: string) => string,
): UnnestStatement<Row> {
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`)
  return { name, columns, text: text(`unnest(${arrays.join(', ')})`) }
}

/**
 * Runs a statement over all rows, part by part.
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
  for (const part of partsOf(rows)) written += await runEncoded(client, statement, part, more)
  return written
}

/** Runs a statement over one part. It has been sent when this returns, after the earlier statements of the connection. */
export async function runEncoded<Row>(
  client: ClientBase,
  statement: UnnestStatement<Row>,
  part: EncodedRows<Row>,
  more: readonly string[] = [],
): Promise<number> {
  const { rowCount } = await client.query(queryOf(statement, part, more))
  return rowCount ?? 0
}

/** Runs a statement over all rows, part by part. @returns the rows of its answers */
export async function askUnnest<Row, Answer extends object>(
  client: ClientBase,
  statement: UnnestStatement<Row>,
  rows: readonly Row[],
  more: readonly string[] = [],
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (const part of partsOf(rows))
    answers.push(...(await askEncoded<Row, Answer>(client, statement, part, more)))
  return answers
}

/** Runs a statement over one part. @returns the rows of its answer */
export async function askEncoded<Row, Answer extends object>(
  client: ClientBase,
  statement: UnnestStatement<Row>,
  part: EncodedRows<Row>,
  more: readonly string[] = [],
): Promise<readonly Answer[]> {
  return (await client.query<Answer>(queryOf(statement, part, more))).rows
}

function queryOf<Row>(
  { name, text, columns }: UnnestStatement<Row>,
  part: EncodedRows<Row>,
  more: readonly string[],
) {
  return { name, text, values: [...columns.map(column => part.arrayOf(column)), ...more] }
}

/** Rows for several statements that share columns. The array of each column is made once. */
export class EncodedRows<Row> {
  readonly #rows: readonly Row[]
  readonly #arrays = new Map<Column<Row>, Buffer>()

  constructor(rows: readonly Row[]) {
    this.#rows = rows
  }

  get count(): number {
    return this.#rows.length
  }

  /** @throws DatabaseRefused */
  arrayOf(column: Column<Row>): Buffer {
    const made = this.#arrays.get(column)
    if (made) return made
    const array = binaryArray(column, this.#rows)
    this.#arrays.set(column, array)
    return array
  }
}

/** Splits rows into parts for one statement each. */
export function* partsOf<Row>(rows: readonly Row[]): Iterable<EncodedRows<Row>> {
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT)
    yield new EncodedRows(rows.slice(from, from + ROWS_A_STATEMENT))
}

export function namesOf<Row>(columns: readonly Column<Row>[]): string {
  return columns.map(({ name }) => name).join(', ')
}
