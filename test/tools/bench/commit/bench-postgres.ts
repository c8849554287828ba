import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddedPostgres } from '../../../../src/postgres/embedded.ts'
import { passwordFile, SUPERUSER } from '../../../../src/postgres/password.ts'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { createLogger } from '../../../../src/runtime/logger.ts'
import { Database } from '../../../../src/store/pg/database.ts'
import { migrate } from '../../../../src/store/pg/migrate.ts'
import { query } from '../../../harness/postgres/query.ts'
import { treeCpuMs } from '../fleet/process-tree.ts'

/** The daemon's embedded PostgreSQL as after its first start, in a folder that is removed afterwards. */
export class BenchPostgres {
  readonly url: string
  /** A folder for the bench, which other accounts can read. */
  readonly folder: string
  readonly database: Database
  readonly #postgres: EmbeddedPostgres
  readonly #home: string
  readonly #pid: number

  private constructor(options: {
    url: string
    folder: string
    postgres: EmbeddedPostgres
    home: string
    pid: number
  }) {
    const { url, folder, postgres, home, pid } = options
    this.url = url
    this.folder = folder
    this.database = new Database({ url, log, applicationName: 'bench', connections: CONNECTIONS })
    this.#postgres = postgres
    this.#home = home
    this.#pid = pid
  }

  static async start(): Promise<BenchPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-bench-'))
    // As root, PostgreSQL runs as another user.
    await chmod(folder, 0o711)
    const directory = join(folder, 'postgres')
    const postgres = new EmbeddedPostgres({ directory, log, clock: systemClock })
    const { url } = await postgres.start()
    const home = await realpath(directory)
    await migrate({ url })
    const [pid] = (await readFile(join(home, 'data', 'postmaster.pid'), 'utf8')).split('\n')
    return new BenchPostgres({ url, folder, postgres, home, pid: Number(pid) })
  }

  async stop(): Promise<void> {
    await this.database.stop()
    await this.#postgres.stop()
    await rm(this.#home, { recursive: true, force: true })
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Writes a checkpoint. The daemon's role may not do that. */
  async checkpoint(): Promise<void> {
    const password = (await readFile(passwordFile(this.#home, SUPERUSER), 'utf8')).trim()
    await query(Object.assign(new URL(this.url), { username: SUPERUSER, password }).href, 'checkpoint')
  }

  /** CPU time of all the server's processes so far, in milliseconds. */
  cpuMs(): number {
    return treeCpuMs(this.#pid)
  }

  /** Bytes of write-ahead log since the cluster was created. */
  walBytes(): Promise<number> {
    return this.number(`select pg_current_wal_insert_lsn() - '0/0' as value`)
  }

  /** Makes every connection flush its statistics; idle ones would do so only after ten seconds. */
  async flushStatistics(): Promise<void> {
    const { pool } = this.database
    const idle = CONNECTIONS - (pool.totalCount - pool.idleCount)
    const clients = await Promise.all(Array.from({ length: idle }, () => pool.connect()))
    for (const client of clients) {
      await client.query('select pg_stat_force_next_flush()')
      client.release()
    }
  }

  /** The `value` of a statement's only row. */
  async number(statement: string): Promise<number> {
    const { rows } = await this.database.pool.query<{ value: string | number | null }>(statement)
    return Number(rows[0]?.value ?? Number.NaN)
  }
}

const log = createLogger('warn')
const CONNECTIONS = 4
