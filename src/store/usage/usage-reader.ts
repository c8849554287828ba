import type { Pool } from 'pg'
import type { Lines, Question, Table, UsageSource } from '../../api/usage/usage-source.ts'
import { BorrowedConnection } from '../pg/borrowed-connection.ts'
import { asking, asStoreError } from '../pg/errors.ts'
import { type ConnectionOptions, openPool } from '../pg/pool.ts'
import { csvLines } from './csv-lines.ts'
import { valuesOf } from './query.ts'
import { columnsOf, queryOf } from './reader-question.ts'

/** Longer than any query within the API's limits takes. */
const STATEMENT_MS = 60_000
/** So few that hardly any of a million rows survives a collection of V8's young generation, which grows with each that does. */
const ROWS_AT_ONCE = 50
/** Read only, whatever the code does. PostgreSQL stops a query when its client has gone, which it can check only on Linux. */
const BEGIN = `begin transaction isolation level read committed, read only;
  set local cursor_tuple_fraction = 1;
  select set_config('client_connection_check_interval', '1s', true) where version() ~ 'linux'`

/** Reads usage, sessions and alerts from the tables, on connections of its own, so that commits never wait for readers. */
export class UsageReader implements UsageSource {
  readonly #pool: Pool
  /** Breaks off all queries, now and later. */
  readonly cutOff: () => void
  /** Waits for the queries under way. May be called again. */
  readonly stop: () => Promise<void>

  /** Connects with the first query. */
  constructor(options: ConnectionOptions) {
    const { pool, cutOff, end } = openPool({ ...options, statementMs: STATEMENT_MS, isPipeline: false })
    this.#pool = pool
    this.cutOff = cutOff
    this.stop = end
  }

  /** The number of connections in use. */
  get borrowed(): number {
    return this.#pool.totalCount - this.#pool.idleCount
  }

  /**
   * Reads the first rows, in the order of the question.
   * @throws StoreError; also if the signal aborts
   */
  async page(question: Question, limit: number, signal: AbortSignal): Promise<Table> {
    const columns = columnsOf(question)
    return asking(WHAT, () =>
      BorrowedConnection.during(this.#pool, signal, async client => {
        await client.query(BEGIN)
        const { sql: text, params: values } = queryOf(question, limit).toSQL()
        const { rows } = await client.query<(string | null)[]>({ text, values, rowMode: 'array' })
        await client.query('commit')
        return { columns, rows: rows.map(texts => valuesOf(columns, texts)) }
      }),
    )
  }

  /**
   * Reads all rows as CSV, some at a time, as the tables were at one moment. PostgreSQL keeps the answer (in a temporary
   * file, if it is long) and ends the snapshot before the first row is read, so that a slow reader does not keep commits
   * from clearing pages. The connection is borrowed until the last row, or until the iteration of `lines` ends.
   * @throws StoreError, also from `lines`; also if the signal aborts
   */
  async all(question: Question, limit: number | undefined, signal: AbortSignal): Promise<Lines> {
    const columns = columnsOf(question)
    const borrowed = await asking(WHAT, () => BorrowedConnection.of(this.#pool, signal))
    try {
      await borrowed.client.query(BEGIN)
      const { sql: text, params: values } = queryOf(question, limit).toSQL()
      const lines = csvLines(text, columns)
      await borrowed.client.query({
        text: `declare usage_rows no scroll cursor with hold for ${lines}`,
        values,
      })
      await borrowed.client.query('commit')
    } catch (cause) {
      borrowed.breakOff()
      throw asStoreError(WHAT, cause)
    }
    return { columns, lines: linesOf(borrowed) }
  }
}

const WHAT = 'usage cannot be read'

async function* linesOf(borrowed: BorrowedConnection): AsyncGenerator<string, void> {
  let isRead = false
  try {
    const text = `fetch ${ROWS_AT_ONCE} from usage_rows`
    for (;;) {
      const { rows } = await borrowed.client.query<[string]>({ text, rowMode: 'array' })
      if (rows.length > 0) yield rows.join('')
      if (rows.length < ROWS_AT_ONCE) break
    }
    await borrowed.client.query('close usage_rows')
    isRead = true
  } catch (cause) {
    throw asStoreError(WHAT, cause)
  } finally {
    if (isRead) borrowed.giveBack()
    else borrowed.breakOff()
  }
}
