import type { Clock } from '../runtime/clock.ts'
import { csvOf } from '../runtime/csv.ts'
import { type Exact, exactJson } from '../runtime/exact-json.ts'
import type { Grant } from './authorization.ts'
import { tagged } from './caching.ts'
import { chosenTenant } from './chosen-tenant.ts'
import { cursorOf, fingerprintOf, placeOf } from './cursor.ts'
import type { ReadGate } from './gate.ts'
import { Parameters } from './parameters.ts'
import { problem, type Reply, type StreamReply } from './reply.ts'
import type { Answer, Asker, Route } from './routes.ts'
import {
  type Asked,
  NO_CURSOR,
  type Reader,
  sessionsQuestion,
  topQuestion,
  usageQuestion,
} from './usage-questions.ts'
import type { Calendars, UsageSource } from './usage-source.ts'

export interface UsageRoutesOptions {
  readonly source: UsageSource
  readonly calendars: Calendars
  readonly gate: ReadGate
  readonly clock: Clock
}

interface Page {
  readonly path: string
  readonly parameters: readonly string[]
  readonly read: Reader
  /** Rows of a page where no limit is named; of an answer, where there are no pages. */
  readonly limit: number
}

const COMMON = ['tenant', 'limit', 'format']
const FILTERS = ['from', 'to', 'user', 'router', 'service', 'cursor']
const MOST_ROWS = 1_000
const FORMATS = ['json', 'csv'] as const

const PAGES: readonly Page[] = [
  { path: '/api/usage', parameters: [...COMMON, ...FILTERS, 'by'], read: usageQuestion, limit: 100 },
  { path: '/api/usage/top', parameters: [...COMMON, 'period'], read: topQuestion, limit: 10 },
  {
    path: '/api/sessions',
    parameters: [...COMMON, ...FILTERS, 'status'],
    read: sessionsQuestion,
    limit: 100,
  },
]

/** The routes that tell what the tables have: JSON in pages, or all of it as CSV. */
export function usageRoutes(options: UsageRoutesOptions): readonly Route[] {
  return PAGES.map(page => ({
    kind: 'guarded',
    path: page.path,
    parameters: page.parameters,
    answer: (query, grant, asker) => answer(page, query, grant, asker, options),
  }))
}

async function answer(
  { path, limit: usual, parameters: known, read: readQuestion }: Page,
  query: URLSearchParams,
  grant: Grant,
  asker: Asker,
  options: UsageRoutesOptions,
): Promise<Answer> {
  const { source, calendars, gate, clock } = options
  const chosen = chosenTenant(grant, query, calendars.tenants())
  if (chosen.kind === 'none') return chosen.reply
  const { tenant } = chosen
  const calendar = calendars.calendar(tenant)
  if (calendar === undefined) return problem(404, 'no such tenant')
  const refused = gate.enter(grant)
  if (refused !== undefined) return refused

  const parameters = new Parameters(query)
  const isCsv = (parameters.choice('format', FORMATS) ?? preferred(asker.headers.accept)) === 'csv'
  const limit = parameters.count('limit', MOST_ROWS)
  const cursor = query.get('cursor') ?? undefined
  const fingerprint = fingerprintOf(path, tenant, query)
  const place = cursor === undefined ? undefined : placeOf(cursor, fingerprint)
  if (cursor !== undefined && place === undefined) parameters.fault('cursor', NO_CURSOR)
  const isPaged = known.includes('cursor')
  if (isCsv && isPaged)
    for (const name of ['limit', 'cursor'])
      if (query.has(name)) parameters.fault(name, 'is for JSON: CSV has all rows')
  const asked = readQuestion(parameters, { tenant, calendar, now: clock.now(), place })
  if (asked === undefined || parameters.faults.length > 0) return problem(400, parameters.faults.join('; '))
  const most = limit ?? usual
  if (isCsv) return csvAnswer(asked, isPaged ? undefined : most, grant, options)
  // One more than is told says whether there is a next page.
  const read = await gate.inTurn(grant, () => {
    asker.signal.throwIfAborted()
    return source.page(asked.question, isPaged ? most + 1 : most, asker.signal)
  })
  return jsonAnswer({ tenant, ...asked.told }, asked, read, { most, isPaged, fingerprint })
}

/** By `Accept`: CSV only where it is wanted more than JSON. */
function preferred(accept: string | undefined): 'json' | 'csv' {
  const wanted = new Map(
    (accept ?? '').split(',').map(range => {
      const [type = '', ...rest] = range.split(';').map(it => it.trim().toLowerCase())
      const q = Number(rest.find(it => it.startsWith('q='))?.slice(2) ?? 1)
      return [type, Number.isNaN(q) ? 0 : q] as const
    }),
  )
  const json = wanted.get('application/json') ?? 0
  return (wanted.get('text/csv') ?? 0) > json ? 'csv' : 'json'
}

function jsonAnswer(
  about: Readonly<Record<string, string>>,
  { days, key }: Asked,
  { columns, rows }: Awaited<ReturnType<UsageSource['page']>>,
  { most, isPaged, fingerprint }: { most: number; isPaged: boolean; fingerprint: string },
): Reply {
  const told = rows.slice(0, most)
  const last = rows.length > most ? told.at(-1) : undefined
  const ends = key.map(name => String(last?.[columns.indexOf(name)] ?? ''))
  const next = last !== undefined && days !== undefined ? cursorOf(fingerprint, { days, key: ends }) : null
  const content: Exact = {
    ...about,
    rows: told.map(row => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null]))),
    ...(isPaged ? { next_cursor: next } : {}),
  }
  const body = exactJson({ success: true, data: content })
  return tagged({ status: 200, contentType: 'application/json; charset=utf-8', body, headers: VARY })
}

/** What the answer is depends on these. */
const VARY = { Vary: 'Origin, Accept, Authorization' }

function csvAnswer(
  { question }: Asked,
  limit: number | undefined,
  grant: Grant,
  { source, gate }: UsageRoutesOptions,
): StreamReply {
  return {
    contentType: 'text/csv; charset=utf-8',
    headers: VARY,
    open: async gone => {
      const seat = gate.seat(grant)
      if (seat.kind === 'full') return seat.reply
      // Whether it ends, breaks or is left: then the response closes, and `gone` aborts.
      gone.addEventListener('abort', seat.leave)
      if (gone.aborted) seat.leave()
      const signal = AbortSignal.any([gone, AbortSignal.timeout(gate.streamWithinMs)])
      const { columns, batches } = await source.all(question, limit, signal)
      return csvOf(columns, batches)
    },
  }
}
