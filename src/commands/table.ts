/** Of each column, in characters; they only grow. */
export type Widths = number[]

const NUMBER = /^[\d.,]+( (?:ms|[KMGTPE]?B))?$/

/**
 * Rows as lines, their cells one under the other; cells that look like numbers are set to the right.
 * @param columns of the terminal, where a line is cut; `undefined` where nothing has to fit
 * @param widths of the rows before, where there are some
 */
export function tableOf(
  rows: readonly (readonly string[])[],
  columns: number | undefined,
  widths: Widths = [],
): readonly string[] {
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, [...cell].length)
  return rows.map(row => {
    const line = row
      .map((cell, index) => {
        const gap = ' '.repeat((widths[index] ?? 0) - [...cell].length)
        return NUMBER.test(cell) ? gap + cell : cell + gap
      })
      .join('  ')
      .trimEnd()
    const characters = [...line]
    return columns !== undefined && characters.length > columns
      ? `${characters.slice(0, columns - 1).join('')}…`
      : line
  })
}
