import { READ, type Wait } from './writers.ts'

/** A step, and all waits of the upgrade. */
export interface MeasuredStep {
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
  readonly waits: readonly Wait[]
}

/** A table that commits write must not be locked for longer. */
export const MOST_MS = 2_000
/** Shorter waits are those of a busy machine. */
const NOTABLE_MS = 100

/** One line for each step: how long it took, the longest wait during it, and all tables that could not be written for a while. */
export function stepTable(steps: readonly MeasuredStep[]): string {
  const rows = steps.map(step => {
    const waits = longestWaits(step)
    const worstMs = Math.max(0, ...waits.values())
    const notable = [...waits].filter(([, ms]) => ms >= NOTABLE_MS).toSorted(([, a], [, b]) => b - a)
    return [
      step.name,
      `${((step.toMs - step.fromMs) / 1000).toFixed(2)} s`,
      `${(worstMs / 1000).toFixed(2)} s`,
      worstMs > MOST_MS ? 'TOO LONG' : '',
      notable.map(([what, ms]) => `${what} ${(ms / 1000).toFixed(2)}`).join(', '),
    ]
  })
  const lines = [['step', 'took', 'longest wait', '', 'tables'], ...rows]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0))) ?? []
  return lines
    .map(line =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function worstWaitMs(steps: readonly MeasuredStep[]): number {
  return Math.max(0, ...steps.flatMap(step => [...longestWaits(step).values()]))
}

/** The longest wait for each table that was mostly during a step. */
function longestWaits(step: MeasuredStep): ReadonlyMap<string, number> {
  const longest = new Map<string, number>()
  for (const { what, fromMs, toMs } of step.waits) {
    const within = Math.min(toMs, step.toMs) - Math.max(fromMs, step.fromMs)
    const tookMs = toMs - fromMs
    if (what !== READ && within > tookMs / 2) longest.set(what, Math.max(longest.get(what) ?? 0, tookMs))
  }
  return longest
}
