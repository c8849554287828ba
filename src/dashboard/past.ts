import type { DaemonApi } from './daemon-api.ts'
import { type DayUsage, firstDay, HISTORY_DAYS } from './history.ts'
import { type Fields, listOf, numberOf, textOf } from './json-fields.ts'
import { type Forecast, forecastOf } from './month-forecast.ts'

/** Data from the tables; `undefined` where it could not be read. */
export interface Past {
  readonly days: readonly DayUsage[] | undefined
  readonly top: Fields | undefined
  readonly forecast: Forecast | undefined
}

export type PastAnswer =
  | { readonly kind: 'past'; readonly past: Past }
  | { readonly kind: 'refused'; readonly why: string }

/**
 * Reads the data of the tables.
 * @param whose the tenant if an admin asks, else empty
 * @param today the tenant's day
 */
export async function readPast(
  daemon: DaemonApi,
  whose: Readonly<Record<string, string>>,
  { today, period }: { readonly today: string; readonly period: string },
  signal: AbortSignal,
): Promise<PastAnswer> {
  const answers = await Promise.all([
    daemon.get(
      'api/usage',
      { ...whose, by: 'day', from: firstDay(today), to: today, limit: String(HISTORY_DAYS) },
      signal,
    ),
    daemon.get('api/usage/top', { ...whose, period }, signal),
    daemon.get('api/usage/forecast', whose, signal),
  ])
  for (const answer of answers) if (answer.kind === 'refused') return answer
  const [usage, top, forecast] = answers.map(answer =>
    answer.kind === 'answer' ? answer.content : undefined,
  )
  return {
    kind: 'past',
    past: {
      days: usage && listOf(usage['rows']).map(dayOf),
      top,
      forecast: forecast && forecastOf(forecast),
    },
  }
}

function dayOf(row: Fields): DayUsage {
  return { day: textOf(row['day']), download: numberOf(row['download']), upload: numberOf(row['upload']) }
}
