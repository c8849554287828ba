/** The width of each column in characters. Widths only grow. */
export type Widths = number[]

const NUMBER = /^[\d.,]+( (?:ms|[KMGTPE]?B))?$/

/**
 * Formats rows as lines with aligned cells. Cells that look like numbers are aligned to the right.
 * @param columns width of the terminal, at which lines are cut; `undefined`: no limit
 * @param widths widths of earlier rows, if there are any
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
