import type { Calendar } from '../../accounting/calendar.ts'
import type { TenantId } from '../../accounting/ids.ts'
import { OTHERS } from '../../accounting/limits/others.ts'
import type { Grant } from '../../auth/bearer.ts'
import { tableReply } from '../http/caching.ts'
import { Parameters } from '../http/parameters.ts'
import { problem, type Reply } from '../http/reply.ts'
import type { Asker, Route } from '../http/routes.ts'
import { admission } from './admission.ts'
import { forecastOf } from './forecast.ts'
import { type UsageRoutesOptions, withLag } from './usage-routes.ts'
import type { Question } from './usage-source.ts'

/** How many days before today a forecast is made from. */
const HISTORY_DAYS = 120
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** The expected bytes of the month of a tenant or one of its subscribers, and how reliable that is. */
export function forecastRoute(options: UsageRoutesOptions): Route {
  return {
    kind: 'guarded',
    path: '/api/usage/forecast',
    parameters: ['tenant', 'user'],
    answer: async (query, grant, asker) =>
      withLag(await answer(query, grant, asker, options), options.replica),
  }
}

async function answer(
  query: URLSearchParams,
  grant: Grant,
  asker: Asker,
  options: UsageRoutesOptions,
): Promise<Reply> {
  const { source, replica, gate, clock } = options
  const admitted = admission(grant, query, options)
  if (admitted.kind === 'none') return admitted.reply
  const { tenant, calendar } = admitted
  const parameters = new Parameters(query)
  const user = parameters.text('user')
  // That row has other subscribers each day.
  if (user === OTHERS)
    parameters.fault('user', 'is not a subscriber: it stands for all names beyond a budget')
  if (parameters.faults.length > 0) return problem(400, parameters.faults.join('; '))
  // By the minute, so that the answer stays the same for a minute. The tables lag by about as much.
  const readMs = clock.now().getTime() - (replica?.lagMs ?? 0)
  const asOfMs = Math.floor(readMs / MINUTE_MS) * MINUTE_MS
  const { columns, rows } = await gate.inTurn(grant, () => {
    asker.signal.throwIfAborted()
    return source.page(questionOf(tenant, user, calendar, asOfMs), HISTORY_DAYS + 1, asker.signal)
  })
  const today = calendar.dayAt(asOfMs)
  const [day, used] = [columns.indexOf('day'), columns.indexOf('used')]
  const history = new Map(rows.map(row => [String(row[day]), BigInt(row[used] ?? 0)]))
  const forecast = forecastOf(history, today, asOfMs)
  return tableReply({
    ...{ tenant, user: user ?? null, month: today.name.slice(0, 7), as_of: new Date(asOfMs).toISOString() },
    ...{ used: forecast.used, forecast: forecast.forecast, low: forecast.low, high: forecast.high },
    ...{ error_percent: forecast.errorPercent, history_days: forecast.historyDays },
  })
}

function questionOf(
  tenant: TenantId,
  user: string | undefined,
  calendar: Calendar,
  asOfMs: number,
): Question {
  const to = calendar.dayAt(asOfMs).name
  const from = new Date(Date.parse(to) - HISTORY_DAYS * DAY_MS).toISOString().slice(0, 10)
  const all = { router: undefined, service: undefined, after: undefined }
  return { kind: 'daily', tenant, user, ...all, by: 'day', from, to, order: 'key' }
}
