import { Readable } from 'node:stream'
import type { Grant } from '../../auth/bearer.ts'
import type { Clock } from '../../runtime/clock.ts'
import { headOf } from '../../runtime/csv.ts'
import type { Exact } from '../../runtime/exact-json.ts'
import { tableReply, VARY } from '../http/caching.ts'
import { Parameters } from '../http/parameters.ts'
import { type Answer, problem, type Reply } from '../http/reply.ts'
import type { Asker, Route } from '../http/routes.ts'
import { admission } from './admission.ts'
import { alertRow, alertsQuestion } from './alert-questions.ts'
import { cursorOf, fingerprintOf, placeOf } from './cursor.ts'
import type { ReadGate } from './read-limits.ts'
import {
  type Asked,
  NO_CURSOR,
  type Reader,
  sessionsQuestion,
  topQuestion,
  usageQuestion,
} from './usage-questions.ts'
import type { Calendars, Replica, UsageSource, Value } from './usage-source.ts'

export interface UsageRoutesOptions {
  readonly source: UsageSource
  /** What the source reads, if that is not the primary. */
  readonly replica: Replica | undefined
  readonly calendars: Calendars
  readonly gate: ReadGate
  readonly clock: Clock
}

interface Page {
  readonly path: string
  readonly parameters: readonly string[]
  readonly read: Reader
  /** The default number of rows of a page or, if there are no pages, of the answer. */
  readonly limit: number
  /** Makes a row, by the names of its columns, into JSON. */
  readonly rowOf: (row: ReadonlyMap<string, Value>) => Exact
}

const COMMON = ['tenant', 'limit', 'format']
const FILTERS = ['from', 'to', 'user', 'router', 'service', 'cursor']
const MOST_ROWS = 1_000
const FORMATS = ['json', 'csv'] as const

const flat: Page['rowOf'] = row => Object.fromEntries(row)

const PAGES: readonly Page[] = [
  {
    path: '/api/usage',
    parameters: [...COMMON, ...FILTERS, 'by'],
    ...{ read: usageQuestion, limit: 100, rowOf: flat },
  },
  {
    path: '/api/usage/top',
    parameters: [...COMMON, 'period'],
    ...{ read: topQuestion, limit: 10, rowOf: flat },
  },
  {
    path: '/api/sessions',
    parameters: [...COMMON, ...FILTERS, 'status'],
    ...{ read: sessionsQuestion, limit: 100, rowOf: flat },
  },
  {
    path: '/api/alerts',
    parameters: [...COMMON, 'rule', 'kind', 'subject', 'cursor'],
    ...{ read: alertsQuestion, limit: 100, rowOf: alertRow },
  },
]

/** The routes that read the tables: pages of JSON, or all rows as CSV. */
export function usageRoutes(options: UsageRoutesOptions): readonly Route[] {
  return PAGES.map(page => ({
    kind: 'guarded',
    path: page.path,
    parameters: page.parameters,
    answer: async (query, grant, asker) =>
      withLag(await answer(page, query, grant, asker, options), options.replica),
  }))
}

/** Says in a header how many seconds the rows of an answer may lag behind the primary's. */
export function withLag(answer: Answer, replica: Replica | undefined): Answer {
  if (replica?.lagMs === undefined || answer.status !== 200) return answer
  const lag = String(Math.ceil(replica.lagMs / 1000))
  return { ...answer, headers: { ...answer.headers, 'Tikmeter-Replica-Lag': lag } }
}

async function answer(
  { path, limit: usual, parameters: known, read: readQuestion, rowOf }: Page,
  query: URLSearchParams,
  grant: Grant,
  asker: Asker,
  options: UsageRoutesOptions,
): Promise<Answer> {
  const { source, gate, clock } = options
  const admitted = admission(grant, query, options)
  if (admitted.kind === 'none') return admitted.reply
  const { tenant, calendar } = admitted

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
  if (isCsv) return csvAnswer(asked, isPaged ? undefined : most, grant, asker, options)
  // One row more shows whether there is a next page.
  const read = await gate.inTurn(grant, () => {
    asker.signal.throwIfAborted()
    return source.page(asked.question, isPaged ? most + 1 : most, asker.signal)
  })
  return jsonAnswer({ tenant, ...asked.about }, asked, read, { most, isPaged, fingerprint, rowOf })
}

/** The format by `Accept`: CSV only if it is preferred to JSON. */
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

interface Shown extends Pick<Page, 'rowOf'> {
  readonly most: number
  readonly isPaged: boolean
  readonly fingerprint: string
}

function jsonAnswer(
  about: Readonly<Record<string, string>>,
  { days, key }: Asked,
  { columns, rows }: Awaited<ReturnType<UsageSource['page']>>,
  { most, isPaged, fingerprint, rowOf }: Shown,
): Reply {
  const page = rows.slice(0, most)
  const last = rows.length > most ? page.at(-1) : undefined
  const ends = key.map(name => String(last?.[columns.indexOf(name)] ?? ''))
  const next = last === undefined ? null : cursorOf(fingerprint, { days, key: ends })
  const content: Exact = {
    ...about,
    rows: page.map(row => rowOf(new Map(columns.map((name, index) => [name, row[index] ?? null])))),
    ...(isPaged ? { next_cursor: next } : {}),
  }
  return tableReply(content)
}

async function csvAnswer(
  { question }: Asked,
  limit: number | undefined,
  grant: Grant,
  { signal: gone, isHead }: Asker,
  { source, gate }: UsageRoutesOptions,
): Promise<Answer> {
  const csv = { status: 200, contentType: 'text/csv; charset=utf-8', headers: VARY }
  if (isHead) return { ...csv, body: Readable.from([]) }
  const seat = gate.seat(grant)
  if (seat.kind === 'full') return seat.reply
  // However it ends, the response closes, and `gone` aborts.
  gone.addEventListener('abort', seat.leave)
  if (gone.aborted) seat.leave()
  const signal = AbortSignal.any([gone, AbortSignal.timeout(gate.streamWithinMs)])
  const { columns, lines } = await source.all(question, limit, signal)
  return { ...csv, body: Readable.from(withHead(columns, lines), { highWaterMark: 1 }) }
}

async function* withHead(columns: readonly string[], lines: AsyncIterable<string>): AsyncGenerator<string> {
  yield headOf(columns)
  yield* lines
}
