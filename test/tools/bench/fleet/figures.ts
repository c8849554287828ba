import type { BenchRun, Figure, Goal } from '../figure.ts'
import { numberText } from '../table.ts'
import { cpuOfReading, outcomeOf } from './outcome.ts'
import type { Measured } from './run.ts'

/** The goals of a run, by metric, and the results of the prototype in performance.md. */
export interface Aims {
  readonly goals: ReadonlyMap<string, Goal>
  readonly prototype: ReadonlyMap<string, number>
}

/** A session should cost as much as in a smaller fleet, within a fifth. */
const SAME_COST: Goal = { atLeast: 0.8, atMost: 1.2 }

/** @param reference a smaller fleet's run; without it the cost of a session has no reference */
export function figuresOf(
  name: string,
  measured: Measured,
  aims: Aims,
  reference: Measured | undefined,
  leaveOut: BenchRun['leaveOut'],
): readonly Figure[] {
  const figures: Figure[] = []
  for (const [metric, value, unit] of outcomeOf(measured)) {
    if (value === undefined) {
      leaveOut(`${name}: ${metric}`, 'not in /metrics')
      continue
    }
    const goal = aims.goals.get(metric)
    const known = aims.prototype.get(metric)
    figures.push({
      ...{ name, metric, value, unit },
      ...(known === undefined ? {} : { reference: `prototype ${numberText(known)}`, ratio: value / known }),
      ...(goal ? { goal: { of: 'value', ...goal } } : {}),
    })
  }
  return [...figures, costOf(name, measured, reference)]
}

function costOf(name: string, measured: Measured, reference: Measured | undefined): Figure {
  const value = cpuOfReading(measured)
  const figure = { name, metric: 'daemon, of a session reading', value, unit: 'µs' }
  if (!reference) return figure
  const before = cpuOfReading(reference)
  return { ...figure, reference: `fleet-20k ${numberText(before)}`, ratio: value / before, goal: SAME_COST }
}
