import { execFile } from 'node:child_process'
import { appendFile, chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
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

/** A PostgreSQL in a temporary folder, created like the daemon's own, and stopped until it is started. */
export class ScratchServer {
  /** The folder of its files. */
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

  /** @param from the home of a server that was never started: a copy takes a tenth of the time */
  static async create(from?: string): Promise<ScratchServer> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-postgres-'))
    // As root, PostgreSQL runs as another user.
    await chmod(folder, 0o711)
    const home = await makeHome(join(folder, 'postgres'), createLogger('warn'))
    if (from !== undefined) await promisify(execFile)('cp', ['-a', `${from}/.`, home.folder])
    const cluster = new Cluster(home, await findBinaries(home.folder, home.account))
    await cluster.initialise()
    // Over TCP, like an operator's PostgreSQL.
    const listening = { kind: 'tcp', port: await freePort() } as const
    return new ScratchServer(cluster, home.folder, folder, listening)
  }

  /** @returns the URL of the daemon's database, which has no tables at first */
  async start(): Promise<string> {
    await this.#cluster.start(this.#listening)
    await withClient(await this.#cluster.superuserUrl(this.#listening, 'postgres'), it =>
      makeDatabase(it, 'tikmeter'),
    )
    return this.#cluster.superuserUrl(this.#listening, 'tikmeter')
  }

  /**
   * A copy that follows this one by streaming replication, started, and ended by the caller. This one, which was started,
   * is restarted for it.
   */
  async standby(): Promise<{ readonly server: ScratchServer; readonly url: string }> {
    await this.#cluster.stop()
    const server = await ScratchServer.create(this.home)
    await this.#cluster.start(this.#listening)
    const { username, password, hostname, port } = new URL(
      await this.#cluster.superuserUrl(this.#listening, 'tikmeter'),
    )
    const primary = `host=${hostname} port=${port} user=${username} password=${decodeURIComponent(password)}`
    await appendFile(join(server.home, 'data/postgresql.auto.conf'), `primary_conninfo = '${primary}'\n`)
    await writeFile(join(server.home, 'data/standby.signal'), '')
    await server.#cluster.start(server.#listening)
    return { server, url: await server.#cluster.superuserUrl(server.#listening, 'tikmeter') }
  }

  async stop(): Promise<void> {
    await this.#cluster.stop()
  }

  /** Starts it where it was before. */
  async restart(): Promise<void> {
    await this.#cluster.start(this.#listening)
  }

  /** Kills it with SIGKILL, with everything under way. */
  async kill(): Promise<void> {
    const running = await this.#cluster.postmaster()
    if (!running) throw new Error('it is not running')
    process.kill(running.pid, 'SIGKILL')
  }

  /** Stops it and removes everything. */
  async end(): Promise<void> {
    await this.#cluster.stop()
    await rm(await realpath(join(this.#folder, 'postgres')), { recursive: true, force: true })
    await rm(this.#folder, { recursive: true, force: true })
  }
}
