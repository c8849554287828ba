const MEGABYTE = 1_000_000

/** What one kind of hostile router has done to the daemon and to the routers beside it. */
export interface Outcome {
  readonly kind: string
  /** Times that it was connected to, and bytes that it got rid of: without them nothing was tried. */
  readonly victims: number
  readonly sentBytes: number
  /** Of all honest routers. */
  readonly missedTicks: number
  readonly longestHealthMs: number
  /** How old the oldest committed reading of an honest router was at the worst, in commit intervals. */
  readonly commitLag: number
  readonly grownBytes: number
  readonly journalBytes: number
  readonly maxJournalBytes: number
  /** Of honest subscribers, recorded too many or too few. */
  readonly differenceBytes: bigint
  /** The daemon's; `null` where a signal ended it. */
  readonly exitCode: number | null
}

/** What no hostile router may do. */
export const BOUNDS = {
  missedTicks: 0,
  longestHealthMs: 250,
  commitLag: 2,
  grownBytes: 150 * MEGABYTE,
} as const

/** The bounds that were broken, in words; none where all hold. */
export function brokenBounds(outcome: Outcome): readonly string[] {
  const { missedTicks, longestHealthMs, commitLag, grownBytes, journalBytes, maxJournalBytes } = outcome
  const broken: readonly (readonly [isBroken: boolean, words: string])[] = [
    [!(outcome.sentBytes > 0), 'the hostile router did nothing'],
    [!(missedTicks <= BOUNDS.missedTicks), `honest routers missed ${missedTicks} ticks`],
    [
      !(longestHealthMs < BOUNDS.longestHealthMs),
      `/healthz took ${Math.round(longestHealthMs)} ms, which is to be below ${BOUNDS.longestHealthMs} ms`,
    ],
    [
      !(commitLag < BOUNDS.commitLag),
      `commits lagged ${commitLag.toFixed(1)} intervals behind, which is to be below ${BOUNDS.commitLag}`,
    ],
    [
      !(grownBytes < BOUNDS.grownBytes),
      `RSS grew by ${megabytes(grownBytes)} MB, which is to be below ${megabytes(BOUNDS.grownBytes)} MB`,
    ],
    [
      !(journalBytes <= maxJournalBytes),
      `the journal had ${megabytes(journalBytes)} MB, and its bound is ${megabytes(maxJournalBytes)} MB`,
    ],
    [outcome.differenceBytes !== 0n, `${outcome.differenceBytes} bytes of honest subscribers differ`],
    [outcome.exitCode !== 0, `the daemon ended with ${outcome.exitCode}`],
  ]
  return broken.flatMap(([isBroken, words]) => (isBroken ? [`${outcome.kind}: ${words}`] : []))
}

export function megabytes(bytes: number): string {
  return (bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0)
}
