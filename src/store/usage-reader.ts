import { sql } from 'drizzle-orm'
import { Pool, type PoolClient } from 'pg'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { type DailyBy, type DailyQuestion, dailyColumns, dailyQuery } from './daily-query.ts'
import { HOUR_COLUMNS, type HourQuestion, hourQuery } from './hour-query.ts'
import type { Query } from './query.ts'
import { type SessionColumn, type SessionQuestion, sessionQuery } from './session-query.ts'
import { asStoreError } from './store-error.ts'
import { type UsageValue, valuesOf } from './usage-values.ts'

type Asked<Question> = Omit<Question, 'limit'> & { readonly tenant: string }

/** What one tenant's usage can be asked for. */
export type ReaderQuestion =
  | (Asked<Omit<DailyQuestion, 'from' | 'to'>> & {
      readonly kind: 'daily'
      readonly by: DailyBy
      /** Days, `2026-11-01`. */
      readonly from: string | undefined
      readonly to: string | undefined
    })
  | (Asked<HourQuestion> & { readonly kind: 'hours' })
  | (Asked<Omit<SessionQuestion, 'openFrom' | 'openBefore'>> & {
      readonly kind: 'sessions'
      readonly openFrom: Date
      readonly openBefore: Date
    })

type Row = readonly UsageValue[]
/** What the database tells. */
type Told = readonly (string | null)[]

const SESSION_COLUMNS: readonly SessionColumn[] = [
  ...(['tenant', 'id', 'router', 'service', 'protocol', 'username', 'ip_address', 'mac_address'] as const),
  ...(['status', 'start_time', 'end_time', 'end_reason', 'upload', 'download', 'used'] as const),
]

/** For one that is free, too. */
const CONNECT_MS = 10_000
/** Longer than any question within the API's limits takes. */
const STATEMENT_MS = 60_000
/** For a connection that died without a word. */
const ANSWER_MS = 75_000
const ROWS_AT_ONCE = 250
/** Read only, whatever the code does; and nobody works on for a client that went. Linux alone can tell that it did. */
const BEGIN = `begin transaction isolation level read committed, read only;
  set local cursor_tuple_fraction = 1;
  select set_config('client_connection_check_interval', '1s', true) where version() ~ 'linux'`

export interface UsageReaderOptions {
  /** Of the database. */
  readonly url: string
  readonly log: Logger
  readonly applicationName: string
  /** How many connections at the most. */
  readonly connections: number
}

/** Usage as the tables have it, on connections of its own, so that no commit waits for who reads. */
export class UsageReader {
  readonly #pool: Pool

  /** Connects when it is first asked. */
  constructor({ url, log, applicationName, connections }: UsageReaderOptions) {
    // Not a pipeline as commits have it: a connection of that kind can't be broken off while something is asked.
    this.#pool = new Pool({
      connectionString: url,
      application_name: applicationName,
      max: connections,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: STATEMENT_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    })
    this.#pool.on('error', error =>
      log.warn({ err: errorFields(error) }, 'an idle database connection broke'),
    )
    // While it is lent, the query under way rejects with it.
    this.#pool.on('connect', client => client.on('error', () => {}))
  }

  /** Connections that are lent. */
  get lent(): number {
    return this.#pool.totalCount - this.#pool.idleCount
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    await this.#pool.end()
  }

  /**
   * The first rows, in the order of the question; each has the `columns`.
   * @throws StoreError; also where the signal aborts
   */
  async page(question: ReaderQuestion, limit: number, signal: AbortSignal): Promise<ReadTable> {
    const columns = columnsOf(question)
    const lent = await this.#borrow(signal)
    try {
      await lent.client.query(BEGIN)
      const { sql: text, params: values } = queryOf(question, limit).toSQL()
      const { rows } = await lent.client.query<(string | null)[]>({ text, values, rowMode: 'array' })
      await lent.client.query('commit')
      lent.giveBack()
      return { columns, rows: rows.map(told => valuesOf(columns, told)) }
    } catch (cause) {
      lent.breakOff()
      throw asStoreError(WHAT, cause)
    }
  }

  /**
   * All rows, a thousand at a time and as the tables were at one moment. PostgreSQL keeps the answer (in a temporary
   * file, where it is long) and has let go of the moment before the first row is told: however slowly somebody reads,
   * no commit finds a page that it may not clear. The connection is lent until the last row, or until `batches` are left.
   * @throws StoreError; also where the signal aborts, and from `batches`
   */
  async all(question: ReaderQuestion, limit: number | undefined, signal: AbortSignal): Promise<ReadBatches> {
    const columns = columnsOf(question)
    const lent = await this.#borrow(signal)
    try {
      await lent.client.query(BEGIN)
      const { sql: text, params: values } = queryOf(question, limit).toSQL()
      await lent.client.query({ text: `declare usage_rows no scroll cursor with hold for ${text}`, values })
      await lent.client.query('commit')
    } catch (cause) {
      lent.breakOff()
      throw asStoreError(WHAT, cause)
    }
    return { columns, batches: batchesOf(lent) }
  }

  async #borrow(signal: AbortSignal): Promise<Lent> {
    try {
      return new Lent(await this.#pool.connect(), signal)
    } catch (cause) {
      throw asStoreError(WHAT, cause)
    }
  }
}

export interface ReadTable {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

export interface ReadBatches {
  readonly columns: readonly string[]
  /** To be read, or returned from. The values are texts, bytes too: whoever writes a million of them makes no more. */
  readonly batches: AsyncGenerator<readonly Told[], void>
}

const WHAT = 'usage can not be asked for'

async function* batchesOf(lent: Lent): AsyncGenerator<readonly Told[], void> {
  let isRead = false
  try {
    const text = `fetch ${ROWS_AT_ONCE} from usage_rows`
    for (;;) {
      const { rows } = await lent.client.query<(string | null)[]>({ text, rowMode: 'array' })
      if (rows.length > 0) yield rows
      if (rows.length < ROWS_AT_ONCE) break
    }
    await lent.client.query('close usage_rows')
    isRead = true
  } catch (cause) {
    throw asStoreError(WHAT, cause)
  } finally {
    if (isRead) lent.giveBack()
    else lent.breakOff()
  }
}

/** A connection of the pool, which is broken off where the one who asked goes. */
class Lent {
  readonly client: PoolClient
  readonly #signal: AbortSignal
  #isLent = true

  constructor(client: PoolClient, signal: AbortSignal) {
    this.client = client
    this.#signal = signal
    signal.addEventListener('abort', this.breakOff)
    if (signal.aborted) this.breakOff()
  }

  giveBack(): void {
    this.#release(false)
  }

  /** What it has under way rejects, and its held rows go with it. */
  readonly breakOff = (): void => this.#release(true)

  #release(isBroken: boolean): void {
    if (!this.#isLent) return
    this.#isLent = false
    this.#signal.removeEventListener('abort', this.breakOff)
    this.client.release(isBroken)
  }
}

function columnsOf(question: ReaderQuestion): readonly string[] {
  switch (question.kind) {
    case 'daily':
      return dailyColumns(question.by)
    case 'hours':
      return HOUR_COLUMNS
    case 'sessions':
      return SESSION_COLUMNS
    default:
      return question satisfies never
  }
}

/** @param limit how many rows at the most; `undefined` for all */
export function queryOf(question: ReaderQuestion, limit: number | undefined): Query {
  switch (question.kind) {
    case 'daily': {
      const { from, to } = question
      const days = {
        from: from === undefined ? undefined : sql`${from}::date`,
        to: to === undefined ? undefined : sql`${to}::date`,
      }
      return dailyQuery({ ...question, ...days, limit })
    }
    case 'hours':
      return hourQuery({ ...question, limit })
    case 'sessions': {
      const open = { openFrom: instantOf(question.openFrom), openBefore: instantOf(question.openBefore) }
      return sessionQuery({ ...question, ...open, limit }, SESSION_COLUMNS)
    }
    default:
      return question satisfies never
  }
}

function instantOf(date: Date) {
  return sql`${date.toISOString()}::timestamptz`
}
