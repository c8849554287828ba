import { BOUNDS, megabytes, type Outcome } from './outcome.ts'

const HEAD = [
  'kind',
  'sent MB',
  'connections',
  'missed ticks',
  '/healthz ms',
  'commit lag',
  'RSS grew MB',
  'journal MB',
  'difference',
  'exit',
]

/** A line for each kind, below the bounds, for a terminal. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const bounds = [
    ...['bound', '', '', `${BOUNDS.missedTicks}`, `< ${BOUNDS.longestHealthMs}`, `< ${BOUNDS.commitLag}`],
    ...[
      `< ${megabytes(BOUNDS.grownBytes)}`,
      `≤ ${megabytes(outcomes[0]?.maxJournalBytes ?? Number.NaN)}`,
      '0',
      '0',
    ],
  ]
  const rows = outcomes.map(it => [
    ...[it.kind, megabytes(it.sentBytes), `${it.victims}`, `${it.missedTicks}`],
    ...[it.longestHealthMs.toFixed(0), it.commitLag.toFixed(1), megabytes(it.grownBytes)],
    ...[megabytes(it.journalBytes), `${it.differenceBytes}`, `${it.exitCode ?? 'killed'}`],
  ])
  const all = [HEAD, bounds, ...rows]
  const widths = HEAD.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)))
  return all
    .map(row =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))),
    )
    .map(cells => cells.join('  '))
    .join('\n')
}
