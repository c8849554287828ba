type Cell = string | bigint | null

/** What a spreadsheet takes for the beginning of a formula, in full width too. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/
const QUOTED = /[",\r\n]/

/**
 * CSV for spreadsheets: UTF-8 that says so, lines as RFC 4180 has them, and no cell that begins like a formula, since
 * subscribers choose their names. (A library's would take twice as long, in which the daemon does nothing else.)
 * @param batches rows, which have the columns' values in their order, as many at once as they come
 */
export async function* csvOf(
  columns: readonly string[],
  batches: AsyncIterable<readonly (readonly Cell[])[]>,
): AsyncGenerator<string, void> {
  yield headOf(columns)
  for await (const rows of batches) yield rows.map(lineOf).join('')
}

/** The first line, and before it the mark by which spreadsheets know UTF-8. */
export function headOf(columns: readonly string[]): string {
  return `\ufeff${lineOf(columns)}`
}

function lineOf(cells: readonly Cell[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(value: Cell): string {
  if (value === null) return ''
  if (typeof value === 'bigint') return String(value)
  const text = FORMULA.test(value) ? `'${value}` : value
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
