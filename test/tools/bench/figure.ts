/** A line of the bench's table, and an object of its JSON. */
export interface Figure {
  /** Name of the bench, as on the command line: `commit`. */
  readonly name: string
  /** What was measured: `sessions committed`. */
  readonly metric: string
  readonly value: number
  /** `sessions/s`, `ms`, `cores`, `MB` (10^6 bytes), `bytes`, … */
  readonly unit: string
  /** The reference in the same run; `undefined` if there is none. */
  readonly reference?: string
  /** The value as a multiple of the reference's. */
  readonly ratio?: number
  readonly goal?: Goal
}

/** A bound on the ratio, if there is one and `of` does not say otherwise; else on the value. */
export interface Goal {
  readonly of?: 'value' | 'ratio'
  readonly atLeast?: number
  readonly atMost?: number
}

/** @returns `undefined` without a goal */
export function isMet({ value, ratio, goal }: Figure): boolean | undefined {
  if (!goal) return undefined
  const it = goal.of === 'value' ? value : (ratio ?? value)
  return it >= (goal.atLeast ?? Number.NEGATIVE_INFINITY) && it <= (goal.atMost ?? Number.POSITIVE_INFINITY)
}

export interface Bench {
  readonly name: string
  /** What it measures and against what, in one line. */
  readonly about: string
  /** Whether it only runs when named, because it takes long. */
  readonly isLong?: boolean
  run(bench: BenchRun): Promise<readonly Figure[]>
}

export interface BenchRun {
  /** Prints progress. */
  say(line: string): void
  /** Reports what could not be measured here, and why: a peer that is not installed. */
  leaveOut(what: string, why: string): void
  /** Reports something wrong, which is worse than a missed goal: the command fails. */
  fail(what: string): void
}
