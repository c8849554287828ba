import { exactJson } from '../runtime/exact-json.ts'
import { printable, printableJson } from '../runtime/printable.ts'
import type { TableRow } from '../store/pg/row-stream.ts'
import type { UsageValue } from '../store/usage/usage-values.ts'
import { tableOf, type Widths } from './table.ts'

export const USAGE_FORMATS = ['table', 'csv', 'json'] as const
export type UsageFormat = (typeof USAGE_FORMATS)[number]

/** Rows to a screenful, the columns of which are made to fit. */
const ROWS_TO_FIT = 200

/** An array with one object a line; bytes are integers, however large. */
export async function* jsonOf(rows: AsyncIterable<TableRow>): AsyncIterable<string> {
  let before = '[\n'
  for await (const row of rows) {
    yield `${before}${printableJson(exactJson(row))}`
    before = ',\n'
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

/**
 * For people: bytes in the unit that suits them, 1024 to the next, and their sum below.
 * @param none what no rows are told by
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

function cellOf(value: UsageValue): string {
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
