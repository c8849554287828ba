/** One line of the bench's table, and one object of its JSON. */
export interface Figure {
  /** The bench's, as given on the command line: `commit`. */
  readonly name: string
  /** What was measured: `sessions committed`. */
  readonly metric: string
  readonly value: number
  /** `sessions/s`, `ms`, `cores`, `MB` (10^6 bytes), `bytes`, … */
  readonly unit: string
  /** What it was held against in the same run; absent where it stands alone. */
  readonly reference?: string
  /** The value as a multiple of the reference's. */
  readonly ratio?: number
  readonly goal?: Goal
}

/** Of the ratio, where there is one and `of` does not say otherwise; else of the value. */
export interface Goal {
  readonly of?: 'value' | 'ratio'
  readonly atLeast?: number
  readonly atMost?: number
}

/** @returns `undefined` where nothing was aimed at */
export function isMet({ value, ratio, goal }: Figure): boolean | undefined {
  if (!goal) return undefined
  const it = goal.of === 'value' ? value : (ratio ?? value)
  return it >= (goal.atLeast ?? Number.NEGATIVE_INFINITY) && it <= (goal.atMost ?? Number.POSITIVE_INFINITY)
}

export interface Bench {
  readonly name: string
  /** What it measures and against what, in a line. */
  readonly about: string
  /** Whether it is left out where no name is given, because it takes long. */
  readonly isLong?: boolean
  run(bench: BenchRun): Promise<readonly Figure[]>
}

export interface BenchRun {
  /** Progress, a line each. */
  say(line: string): void
  /** What could not be measured here, and why: a peer that is not on the machine. */
  leaveOut(what: string, why: string): void
}
