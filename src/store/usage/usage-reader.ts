import type { Pool } from 'pg'
import type { Lines, Question, Table, UsageSource } from '../../api/usage/usage-source.ts'
import { BorrowedConnection } from '../pg/borrowed-connection.ts'
import { clientFor } from '../pg/client.ts'
import { asking, asStoreError } from '../pg/errors.ts'
import { Hosts, isPooled } from '../pg/hosts.ts'
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

/** Longer than a reader may take, who is then cut off. */
const KEEP_SNAPSHOT = `set local idle_in_transaction_session_timeout = '20min'`

/** How long a connection to another host than the first one is kept. */
const KEPT_SECONDS = 60
/** A host that takes longer to connect to is not returned to. A stop of the daemon waits for as long. */
const RETURN_WITHIN_MS = 2_000

/**
 * Reads usage, sessions and alerts from the tables, on connections of its own, so that commits never wait for readers.
 * Its URL may be a standby's. If it has several hosts, the first one that answers is asked.
 */
export class UsageReader implements UsageSource {
  readonly #applicationName: string
  readonly #setting: string | undefined
  readonly #hosts: Hosts
  readonly #pool: Pool
  /** Breaks off all queries, now and later. */
  readonly cutOff: () => void
  /** Waits for the queries under way. May be called again. */
  readonly stop: () => Promise<void>

  /**
   * Connects with the first query.
   * @param options `setting`: that of the URL, which errors name
   */
  constructor({ setting, ...options }: ConnectionOptions & { readonly setting?: string }) {
    this.#applicationName = options.applicationName
    this.#setting = setting
    this.#hosts = new Hosts(options.url, { mayBeStandby: true })
    const { pool, cutOff, end } = openPool({
      ...{ ...options, hosts: this.#hosts, statementMs: STATEMENT_MS, isPipeline: false },
      keptSeconds: this.#hosts.count > 1 ? KEPT_SECONDS : 0,
    })
    this.#pool = pool
    this.cutOff = cutOff
    this.stop = end
  }

  /** The number of connections in use. */
  get borrowed(): number {
    return this.#pool.totalCount - this.#pool.idleCount
  }

  /**
   * When a daemon was last renewed, in Unix milliseconds, as far as this database has it; `undefined`: it does not.
   * @throws StoreError
   */
  async daemonSeenMs(id: string): Promise<number | undefined> {
    const { rows } = await this.#asking(() =>
      this.#pool.query<{ seen_at: Date | null }>('select seen_at from tik.daemons where id = $1', [id]),
    )
    return rows[0]?.seen_at?.getTime()
  }

  /** Asks the first host again from now on, if it was left for another one and can be connected to. */
  async returnToFirstHost(): Promise<void> {
    const { missed } = this.#hosts
    if (missed === undefined) return
    const client = clientFor(missed, this.#applicationName, RETURN_WITHIN_MS)
    try {
      await client.connect()
      this.#hosts.restart()
    } catch {
      // It is tried again later; whoever asks a question meanwhile gets an answer from another host.
    } finally {
      await client.end().catch(() => {})
    }
  }

  /**
   * Reads the first rows, in the order of the question.
   * @throws StoreError; also if the signal aborts
   */
  async page(question: Question, limit: number, signal: AbortSignal): Promise<Table> {
    const columns = columnsOf(question)
    return this.#asking(() =>
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
   * from clearing pages. The connection is borrowed until the last row, or until the iteration of `lines` ends. (Through a
   * pooler nothing outlives a transaction, so the snapshot is kept until the last row.)
   * @throws StoreError, also from `lines`; also if the signal aborts
   */
  async all(question: Question, limit: number | undefined, signal: AbortSignal): Promise<Lines> {
    const columns = columnsOf(question)
    const borrowed = await this.#asking(() => BorrowedConnection.of(this.#pool, signal))
    try {
      await borrowed.client.query(BEGIN)
      const { sql: text, params: values } = queryOf(question, limit).toSQL()
      const lines = csvLines(text, columns)
      const isHeld = !isPooled(borrowed.client)
      if (!isHeld) await borrowed.client.query(KEEP_SNAPSHOT)
      const cursor = `usage_rows no scroll cursor ${isHeld ? 'with hold ' : ''}`
      await borrowed.client.query({ text: `declare ${cursor}for ${lines}`, values })
      if (isHeld) await borrowed.client.query('commit')
    } catch (cause) {
      borrowed.breakOff()
      throw asStoreError(WHAT, cause, this.#setting)
    }
    return { columns, lines: linesOf(borrowed) }
  }

  #asking<T>(ask: () => Promise<T>): Promise<T> {
    return asking(WHAT, ask, this.#setting)
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
    if (isPooled(borrowed.client)) await borrowed.client.query('commit')
    isRead = true
  } catch (cause) {
    throw asStoreError(WHAT, cause)
  } finally {
    if (isRead) borrowed.giveBack()
    else borrowed.breakOff()
  }
}
