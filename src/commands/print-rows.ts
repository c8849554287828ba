import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { csvOf } from '../runtime/csv.ts'
import { errorCodeOf } from '../runtime/error-code.ts'
import type { TableRow } from '../store/pg/row-stream.ts'
import { jsonOf, tableTextOf, type UsageFormat } from './usage-format.ts'

export interface PrintedRows {
  readonly rows: AsyncIterable<TableRow>
  /** The names of a row's values, in this order. */
  readonly columns: readonly string[]
  readonly format: UsageFormat
  /** The text of an empty table. */
  readonly none: string
  readonly out: Writable
}

/**
 * Prints rows as they arrive, without holding them in memory.
 * @throws the errors of `rows`
 */
export async function printRows({ rows, columns, format, none, out }: PrintedRows): Promise<void> {
  try {
    switch (format) {
      case 'csv':
        return await pipeline(csvOf(columns, batchesOf(rows)), out, { end: false })
      case 'json':
        return await pipeline(jsonOf(rows), out, { end: false })
      case 'table':
        return await pipeline(tableTextOf(rows, columns, none), out, { end: false })
      default:
        return format satisfies never
    }
  } catch (error) {
    // The reader has closed the pipe: `tikmeter usage | head`.
    if (errorCodeOf(error) !== 'EPIPE') throw error
  }
}

async function* batchesOf(
  rows: AsyncIterable<TableRow>,
): AsyncIterable<readonly (readonly TableRow[string][])[]> {
  for await (const row of rows) yield [Object.values(row)]
}
