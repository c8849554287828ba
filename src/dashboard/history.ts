/** What a tenant moved on one of its days, in bytes. */
export interface DayUsage {
  /** `2026-11-24` */
  readonly day: string
  readonly download: number
  readonly upload: number
}

export const HISTORY_DAYS = 30
const DAY_MS = 86_400_000

/** The first of the days that end with `today`. */
export function firstDay(today: string): string {
  return plusDays(today, 1 - HISTORY_DAYS)
}

/**
 * All of the days, those without usage too. Today is as live as the feed has it: the tables lag behind by a commit, and
 * are ahead where the snapshot is the older one.
 */
export function historyOf(rows: readonly DayUsage[], today: DayUsage): readonly DayUsage[] {
  const known = new Map(rows.map(row => [row.day, row]))
  const recorded = known.get(today.day)
  known.set(today.day, recorded !== undefined && total(recorded) > total(today) ? recorded : today)
  return Array.from({ length: HISTORY_DAYS }, (_, at) => {
    const day = plusDays(firstDay(today.day), at)
    return known.get(day) ?? { day, download: 0, upload: 0 }
  })
}

export function total({ download, upload }: { readonly download: number; readonly upload: number }): number {
  return download + upload
}

function plusDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}
