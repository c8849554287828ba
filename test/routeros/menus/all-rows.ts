import { type Reading, rowsOf, type SessionReading } from '../../../src/accounting/reading.ts'
import type { SessionRows } from '../../../src/routeros/menus/session-rows.ts'

/** All rows of an answer, with the recognised ones, in the order in which they first came. */
export function allRows({ rows, numbers, known }: Pick<SessionRows, 'rows' | 'numbers' | 'known'>) {
  const numbered: [number, SessionReading][] = rows.map((row, index) => [numbers[index] ?? -1, row])
  for (const [place, number] of known.numbers.entries()) numbered.push([number, known.row(place)])
  return numbered.sort(([a], [b]) => a - b).map(([, row]) => row)
}

/** A reading with all rows as sessions, as a new connection gives it. */
export function withAllRows(reading: Reading | undefined): Reading | undefined {
  if (!reading) return undefined
  const { numbered: _, ...rest } = reading
  return { ...rest, sessions: Array.from(rowsOf(reading), ([row]) => row) }
}
