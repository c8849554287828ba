import { type Figure, type Goal, isMet } from './figure.ts'

export interface LeftOut {
  readonly what: string
  readonly why: string
}

/** All figures, one per line, for a terminal. */
export function tableOf(figures: readonly Figure[], leftOut: readonly LeftOut[]): string {
  const head = ['bench', 'metric', 'value', 'against', 'ratio', 'goal', '']
  const rows = figures.map(figure => [
    figure.name,
    figure.metric,
    `${numberText(figure.value)} ${figure.unit}`,
    figure.reference ?? '',
    figure.ratio === undefined ? '' : numberText(figure.ratio),
    goalText(figure.goal),
    { true: 'met', false: 'NOT MET', undefined: '' }[String(isMet(figure))] ?? '',
  ])
  const widths = head.map((text, column) =>
    Math.max(text.length, ...rows.map(row => row[column]?.length ?? 0)),
  )
  const lines = [head, ...rows].map(row => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '))
  return [...lines, ...leftOut.map(({ what, why }) => `left out: ${what}: ${why}`)]
    .map(line => line.trimEnd())
    .join('\n')
}

/** Four significant digits. */
export function numberText(value: number): string {
  return Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)))
}

function goalText(goal: Goal | undefined): string {
  if (!goal) return ''
  const limits = [
    goal.atLeast === undefined ? '' : `≥ ${numberText(goal.atLeast)}`,
    goal.atMost === undefined ? '' : `≤ ${numberText(goal.atMost)}`,
  ]
  return limits.filter(text => text !== '').join(', ')
}
