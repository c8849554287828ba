import { binaryArray, type Column } from './binary-array.ts'
import { NAMES_NOBODY, type Naming, naming, type Scope } from './scope.ts'

/** Keeps locks short and arrays small. */
const ROWS_A_STATEMENT = 2_500

/** A prepared statement over the rows of `unnest(…)`. There is one array per column, so its text never changes. */
export interface UnnestStatement<Row> {
  /** The name of the prepared statement. */
  readonly name: string
  readonly columns: readonly Column<Row>[]
  readonly text: string
  /** The same statement for distributed tables. */
  readonly named: string
  /** Whether that one has the tenants as one more parameter, the last one. */
  readonly hasTenants: boolean
}

/**
 * @param text makes the statement around `unnest($1::…[], …)`; its own parameters are numbered after the columns
 * @param own how many parameters of its own it has
 */
export function unnestStatement<Row>(
  name: string,
  columns: readonly Column<Row>[],
  text: (rows: string, tenants: Naming) => string,
  own = 0,
): UnnestStatement<Row> {
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`)
  const rows = `unnest(${arrays.join(', ')})`
  const tenants = columns.length + own + 1
  const named = text(rows, naming(tenants))
  return { name, columns, text: text(rows, NAMES_NOBODY), named, hasTenants: named.includes(`$${tenants}::`) }
}

/**
 * Runs a statement over all rows, part by part.
 * @param own the statement's own parameters
 * @returns how many rows it wrote
 */
export async function runUnnest<Row>(
  scope: Scope,
  statement: UnnestStatement<Row>,
  rows: readonly Row[],
  own: readonly string[] = [],
): Promise<number> {
  let written = 0
  for (const part of partsOf(rows)) written += await runEncoded(scope, statement, part, own)
  return written
}

/** Runs a statement over one part. It has been sent when this returns, after the earlier statements of the connection. */
export async function runEncoded<Row>(
  scope: Scope,
  statement: UnnestStatement<Row>,
  part: EncodedRows<Row>,
  own: readonly string[] = [],
): Promise<number> {
  const { rowCount } = await scope.client.query(queryOf(scope, statement, part, own))
  return rowCount ?? 0
}

/** Runs a statement over all rows, part by part. @returns the rows of its answers */
export async function askUnnest<Row, Answer extends object>(
  scope: Scope,
  statement: UnnestStatement<Row>,
  rows: readonly Row[],
  own: readonly string[] = [],
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (const part of partsOf(rows))
    answers.push(...(await askEncoded<Row, Answer>(scope, statement, part, own)))
  return answers
}

/** Runs a statement over one part. @returns the rows of its answer */
export async function askEncoded<Row, Answer extends object>(
  scope: Scope,
  statement: UnnestStatement<Row>,
  part: EncodedRows<Row>,
  own: readonly string[] = [],
): Promise<readonly Answer[]> {
  return (await scope.client.query<Answer>(queryOf(scope, statement, part, own))).rows
}

function queryOf<Row>(
  { tenants }: Scope,
  { name, text, named, hasTenants, columns }: UnnestStatement<Row>,
  part: EncodedRows<Row>,
  own: readonly string[],
) {
  const values = [...columns.map(column => part.arrayOf(column)), ...own]
  if (tenants === undefined || named === text) return { name, text, values }
  return { name: `${name}_of`, text: named, values: hasTenants ? [...values, tenants] : values }
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
