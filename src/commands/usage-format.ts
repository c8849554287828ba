import { exactJson } from '../runtime/exact-json.ts'
import { printable, printableJson } from '../runtime/printable.ts'
import type { TableRow } from '../store/pg/row-stream.ts'
import { tableOf, type Widths } from './table.ts'

export const USAGE_FORMATS = ['table', 'csv', 'json'] as const
export type UsageFormat = (typeof USAGE_FORMATS)[number]

/** Columns are aligned over this many rows, about a screenful. */
const ROWS_TO_FIT = 200

/** A JSON array with one object per line. Bytes are integers of any size. */
export async function* jsonOf(rows: AsyncIterable<TableRow>): AsyncIterable<string> {
  let before = '[\n'
  for await (const row of rows) {
    yield `${before}${printableJson(exactJson(row))}`
    before = ',\n'
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

/**
 * A table for people: bytes in a suitable unit (steps of 1024), with the sum at the end.
 * @param none the text of an empty table
 */
export async function* tableTextOf(
  rows: AsyncIterable<TableRow>,
  columns: readonly string[],
  none: string,
): AsyncIterable<string> {
  const widths: Widths = []
  let batch: (readonly string[])[] = [columns.map(name => name.toUpperCase())]
  let count = 0
  let used = 0n
  for await (const row of rows) {
    count++
    used += typeof row['used'] === 'bigint' ? row['used'] : 0n
    batch.push(columns.map(name => cellOf(row[name] ?? null)))
    if (batch.length < ROWS_TO_FIT) continue
    yield `${tableOf(batch, undefined, widths).join('\n')}\n`
    batch = []
  }
  if (count === 0) yield `${none}\n`
  else {
    if (batch.length > 0) yield `${tableOf(batch, undefined, widths).join('\n')}\n`
    yield `\n${count} ${count === 1 ? 'row' : 'rows'}, ${bytesText(used)} in all\n`
  }
}

function cellOf(value: TableRow[string]): string {
  if (value === null) return ''
  return typeof value === 'bigint' ? bytesText(value) : printable(value)
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB']

/** `12.34 GB`; a GB is 1024³ bytes. */
export function bytesText(bytes: bigint): string {
  let unit = 0
  let value = Number(bytes)
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024
  return `${unit === 0 ? value : value.toFixed(2)} ${UNITS[unit]}`
}
