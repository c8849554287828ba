import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeDatabase, withClient } from '../../../src/postgres/session.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { buildDaemon } from '../../system/daemon/build.ts'
import { PostgresServer } from '../chaos/postgres-server.ts'

/** The parts that all kinds share: a PostgreSQL with a database for each, and a built daemon. */
export class Stage {
  /** The folder of logs, configs and journals. */
  readonly folder: string
  readonly #postgres: PostgresServer
  #url = ''
  #cli = ''

  private constructor(folder: string) {
    this.folder = folder
    this.#postgres = new PostgresServer({ directory: join(folder, 'postgres'), log: createLogger('silent') })
  }

  static async create(): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-hostile-'))
    // As root, PostgreSQL runs as another user.
    await chmod(folder, 0o711)
    return new Stage(folder)
  }

  /** The daemon's `cli.js`. */
  get cli(): string {
    return this.#cli
  }

  /** @param cli of a built daemon; `undefined`: this one, which is built now */
  async start(cli: string | undefined): Promise<void> {
    this.#cli = cli ?? (await buildDaemon(join(this.folder, 'daemon')))
    this.#url = await this.#postgres.start()
  }

  /** @returns the URL of an empty database */
  async databaseFor(kind: string): Promise<string> {
    const name = `hostile_${kind.replaceAll('-', '_')}`
    await withClient(this.#url, it => makeDatabase(it, name))
    const url = new URL(this.#url)
    url.pathname = `/${name}`
    return url.href
  }

  async stop(): Promise<void> {
    await this.#postgres.stop()
    const { home } = this.#postgres
    if (home) await rm(await realpath(home).catch(() => home), { recursive: true, force: true })
  }

  async removeFolder(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
