import type { Pool } from 'pg'
import type { Lines, Question, Table, UsageSource } from '../../api/usage/usage-source.ts'
import { BorrowedConnection } from '../pg/borrowed-connection.ts'
import { asStoreError } from '../pg/errors.ts'
import { type ConnectionOptions, openPool } from '../pg/pool.ts'
import { csvLines } from './csv-lines.ts'
import { valuesOf } from './query.ts'
import { columnsOf, queryOf } from './reader-question.ts'

/** Longer than any question within the API's limits takes. */
const STATEMENT_MS = 60_000
/** So few that hardly one of a million outlives a collection of V8's young ones, whose space would grow with each that does. */
const ROWS_AT_ONCE = 50
/** Read only, whatever the code does; and nobody works on for a client that went. Linux alone can tell that it did. */
const BEGIN = `begin transaction isolation level read committed, read only;
  set local cursor_tuple_fraction = 1;
  select set_config('client_connection_check_interval', '1s', true) where version() ~ 'linux'`

/** Usage, sessions and alerts as the tables have them, on connections of its own, so that no commit waits for who reads. */
export class UsageReader implements UsageSource {
  readonly #pool: Pool
  /** Breaks off all that is asked of it, now or later. */
  readonly cutOff: () => void
  /** Waits for what is under way. May be called again. */
  readonly stop: () => Promise<void>

  /** Connects when it is first asked. */
  constructor(options: ConnectionOptions) {
    const { pool, cutOff, end } = openPool({ ...options, statementMs: STATEMENT_MS, isPipeline: false })
    this.#pool = pool
    this.cutOff = cutOff
    this.stop = end
  }

  /** Connections that are lent. */
  get lent(): number {
    return this.#pool.totalCount - this.#pool.idleCount
  }

  /**
   * The first rows, in the order of the question; each has the `columns`.
   * @throws StoreError; also where the signal aborts
   */
  async page(question: Question, limit: number, signal: AbortSignal): Promise<Table> {
    const columns = columnsOf(question)
    try {
      return await BorrowedConnection.during(this.#pool, signal, async client => {
        await client.query(BEGIN)
        const { sql: text, params: values } = queryOf(question, limit).toSQL()
        const { rows } = await client.query<(string | null)[]>({ text, values, rowMode: 'array' })
        await client.query('commit')
        return { columns, rows: rows.map(texts => valuesOf(columns, texts)) }
      })
    } catch (cause) {
      throw asStoreError(WHAT, cause)
    }
  }

  /**
   * All rows as CSV, many at a time and as the tables were at one moment. PostgreSQL keeps the answer (in a temporary
   * file, where it is long) and has let go of the moment before the first row is told: however slowly somebody reads,
   * no commit finds a page that it may not clear. The connection is lent until the last row, or until `lines` are left.
   * @throws StoreError; also where the signal aborts, and from `lines`
   */
  async all(question: Question, limit: number | undefined, signal: AbortSignal): Promise<Lines> {
    const columns = columnsOf(question)
    const lent = await this.#borrow(signal)
    try {
      await lent.client.query(BEGIN)
      const { sql: text, params: values } = queryOf(question, limit).toSQL()
      const lines = csvLines(text, columns)
      await lent.client.query({ text: `declare usage_rows no scroll cursor with hold for ${lines}`, values })
      await lent.client.query('commit')
    } catch (cause) {
      lent.breakOff()
      throw asStoreError(WHAT, cause)
    }
    return { columns, lines: linesOf(lent) }
  }

  async #borrow(signal: AbortSignal): Promise<BorrowedConnection> {
    try {
      return await BorrowedConnection.of(this.#pool, signal)
    } catch (cause) {
      throw asStoreError(WHAT, cause)
    }
  }
}

const WHAT = 'usage can not be asked for'

async function* linesOf(lent: BorrowedConnection): AsyncGenerator<string, void> {
  let isRead = false
  try {
    const text = `fetch ${ROWS_AT_ONCE} from usage_rows`
    for (;;) {
      const { rows } = await lent.client.query<[string]>({ text, rowMode: 'array' })
      if (rows.length > 0) yield rows.join('')
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
