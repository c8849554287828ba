/** A tenant's usage on one of its days, in bytes. */
export interface DayUsage {
  /** `2026-11-24` */
  readonly day: string
  readonly download: number
  readonly upload: number
}

export const HISTORY_DAYS = 30
const DAY_MS = 86_400_000

/** The first day of the period that ends with `today`. */
export function firstDay(today: string): string {
  return plusDays(today, 1 - HISTORY_DAYS)
}

/**
 * All days, also those without usage. Today comes from the feed, because the tables lag behind by a commit; if the
 * snapshot is older than the tables, it comes from them.
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
