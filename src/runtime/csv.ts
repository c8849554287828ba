import { printable } from './printable.ts'

type Cell = string | bigint | null

/** Blanks that a spreadsheet may pass over, as the inside of a bracket expression. */
const BLANK = ' \\u00a0\\u00ad\\u1680\\u180e\\u2000-\\u200d\\u202f\\u205f-\\u2064\\u3000\\ufeff'
/**
 * Where a cell may begin like a formula: at its own beginning, or behind a `;` or `|` in it, by which a spreadsheet of
 * another locale divides the line with no regard to our quotes. JavaScript and PostgreSQL read these alike.
 */
export const FORMULA = `(^|[;|])(?=[${BLANK}"]*[=+@＝＋－＠-])`
/** A number with its sign is a number, and no formula, where nothing else is in its cell. */
export const PHONE_NUMBER = '^\\+[0-9]+$'

const FORMULAS = new RegExp(FORMULA, 'g')
const PHONE = new RegExp(PHONE_NUMBER)
const QUOTED = /[",]/

/**
 * CSV for spreadsheets: UTF-8 that says so, lines as RFC 4180 has them, no cell that begins like a formula whether it
 * is read with `,`, `;` or `|`, and nothing that a terminal would act on, since subscribers choose their names. (A
 * library's would take twice as long, in which the daemon does nothing else.)
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

/** Where a line is divided by `;`, its first cell goes on with the others, and may become a formula by them. */
function cellOf(value: Cell, at: number, { length }: readonly Cell[]): string {
  if (value === null) return ''
  if (typeof value === 'bigint') return String(value)
  if (PHONE.test(value) && (at > 0 || length === 1)) return value
  const text = printable(value).replaceAll(FORMULAS, "$1'")
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
