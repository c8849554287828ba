const MEGABYTE = 1_000_000

/** The effects of one kind of hostile router on the daemon and on the other routers. */
export interface Outcome {
  readonly kind: string
  /** Number of connections to it, and of bytes that it sent: without them nothing was tried. */
  readonly victims: number
  readonly sentBytes: number
  /** Over all honest routers. */
  readonly missedTicks: number
  readonly longestHealthMs: number
  /** Greatest age of an honest router's last committed reading, in commit intervals. */
  readonly commitLag: number
  readonly grownBytes: number
  readonly journalBytes: number
  readonly maxJournalBytes: number
  /** Bytes of honest subscribers that were recorded too many or too few. */
  readonly differenceBytes: bigint
  /** The daemon's exit code; `null` if a signal ended it. */
  readonly exitCode: number | null
}

/** Limits that no hostile router may break. */
export const BOUNDS = {
  missedTicks: 0,
  longestHealthMs: 250,
  commitLag: 2,
  grownBytes: 150 * MEGABYTE,
} as const

/** Descriptions of the broken bounds; empty if all hold. */
export function brokenBounds(outcome: Outcome): readonly string[] {
  const { missedTicks, longestHealthMs, commitLag, grownBytes, journalBytes, maxJournalBytes } = outcome
  const broken: readonly (readonly [isBroken: boolean, words: string])[] = [
    [!(outcome.sentBytes > 0), 'the hostile router did nothing'],
    [!(missedTicks <= BOUNDS.missedTicks), `honest routers missed ${missedTicks} ticks`],
    [
      !(longestHealthMs < BOUNDS.longestHealthMs),
      `/healthz took ${Math.round(longestHealthMs)} ms, but must be below ${BOUNDS.longestHealthMs} ms`,
    ],
    [
      !(commitLag < BOUNDS.commitLag),
      `commits lagged ${commitLag.toFixed(1)} intervals behind, but must be below ${BOUNDS.commitLag}`,
    ],
    [
      !(grownBytes < BOUNDS.grownBytes),
      `RSS grew by ${megabytes(grownBytes)} MB, but must be below ${megabytes(BOUNDS.grownBytes)} MB`,
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
