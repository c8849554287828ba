import { execFile } from 'node:child_process'
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findBinaries } from '../../../src/postgres/binaries.ts'
import { Cluster } from '../../../src/postgres/cluster.ts'
import { freePort } from '../../../src/postgres/free-port.ts'
import { makeHome } from '../../../src/postgres/home.ts'
import type { Listening } from '../../../src/postgres/listening.ts'
import { makeDatabase, withClient } from '../../../src/postgres/session.ts'
import { createLogger } from '../../../src/runtime/logger.ts'

/** A PostgreSQL in a temporary folder, made as the daemon makes its own, and stopped until it is started. */
export class ScratchServer {
  /** Where its files are. */
  readonly home: string
  readonly #cluster: Cluster
  readonly #folder: string
  readonly #listening: Listening

  private constructor(cluster: Cluster, home: string, folder: string, listening: Listening) {
    this.#cluster = cluster
    this.home = home
    this.#folder = folder
    this.#listening = listening
  }

  /** @param from the home of one that was never started: to copy it takes a tenth as long as to make another */
  static async create(from?: string): Promise<ScratchServer> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-postgres-'))
    // As root, PostgreSQL is another user.
    await chmod(folder, 0o711)
    const home = await makeHome(join(folder, 'postgres'), createLogger('warn'))
    if (from !== undefined) await promisify(execFile)('cp', ['-a', `${from}/.`, home.folder])
    const cluster = new Cluster(home, await findBinaries(home.folder, home.account))
    await cluster.initialise()
    // By TCP, as an operator's PostgreSQL is reached.
    const listening = { kind: 'tcp', port: await freePort() } as const
    return new ScratchServer(cluster, home.folder, folder, listening)
  }

  /** @returns the URL of the database that is the daemon's, which has no tables at first */
  async start(): Promise<string> {
    await this.#cluster.start(this.#listening)
    await withClient(await this.#cluster.superuserUrl(this.#listening, 'postgres'), it =>
      makeDatabase(it, 'tikmeter'),
    )
    return this.#cluster.superuserUrl(this.#listening, 'tikmeter')
  }

  /** kill -9, with all that was under way. */
  async kill(): Promise<void> {
    const running = await this.#cluster.postmaster()
    if (!running) throw new Error('it is not running')
    process.kill(running.pid, 'SIGKILL')
  }

  /** Stops it, and removes all of it. */
  async end(): Promise<void> {
    await this.#cluster.stop()
    await rm(await realpath(join(this.#folder, 'postgres')), { recursive: true, force: true })
    await rm(this.#folder, { recursive: true, force: true })
  }
}
