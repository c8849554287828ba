import { printable } from './printable.ts'

type Cell = string | bigint | null

/** Blanks that a spreadsheet may skip, for a bracket expression. */
const BLANK = ' \\u00a0\\u00ad\\u1680\\u180e\\u2000-\\u200d\\u202f\\u205f-\\u2064\\u3000\\ufeff'
/**
 * Positions where a cell may begin like a formula: its beginning, or after a `;` or `|` in it, where a spreadsheet of
 * another locale splits the line without regard to our quotes. JavaScript and PostgreSQL read this regular expression
 * alike.
 */
export const FORMULA = `(^|[;|])(?=[${BLANK}"]*[=+@＝＋－＠-])`
/** A number with a sign is not a formula if it is alone in its cell. */
export const PHONE_NUMBER = '^\\+[0-9]+$'

const FORMULAS = new RegExp(FORMULA, 'g')
const PHONE = new RegExp(PHONE_NUMBER)
const QUOTED = /[",]/

/**
 * CSV for spreadsheets: UTF-8 with a mark, lines by RFC 4180, and no cell that begins like a formula, whether it is read
 * with `,`, `;` or `|`. Control characters are replaced, because subscribers choose their names. (A library would take
 * twice as long, during which the daemon does nothing else.)
 * @param batches rows with the values of the columns in their order, in batches of any size
 */
export async function* csvOf(
  columns: readonly string[],
  batches: AsyncIterable<readonly (readonly Cell[])[]>,
): AsyncGenerator<string, void> {
  yield headOf(columns)
  for await (const rows of batches) yield rows.map(lineOf).join('')
}

/** The first line, after the mark by which spreadsheets recognise UTF-8. */
export function headOf(columns: readonly string[]): string {
  return `\ufeff${lineOf(columns)}`
}

function lineOf(cells: readonly Cell[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

/**
 * The first of several cells is escaped even if it is a phone number: in a line that is split at `;` it continues with the
 * next cells, which may make it a formula.
 */
function cellOf(value: Cell, at: number, { length }: readonly Cell[]): string {
  if (value === null) return ''
  if (typeof value === 'bigint') return String(value)
  if (PHONE.test(value) && (at > 0 || length === 1)) return value
  const text = printable(value).replaceAll(FORMULAS, "$1'")
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
