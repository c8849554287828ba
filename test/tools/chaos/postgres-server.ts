import { setTimeout as sleep } from 'node:timers/promises'
import { findBinaries } from '../../../src/postgres/binaries.ts'
import { Cluster } from '../../../src/postgres/cluster.ts'
import { freePort } from '../../../src/postgres/free-port.ts'
import { makeHome } from '../../../src/postgres/home.ts'
import type { Listening } from '../../../src/postgres/listening.ts'
import { makeDatabase, withClient } from '../../../src/postgres/session.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import type { ChaosDatabase } from './chaos-database.ts'
import { hangFor, startAgain } from './server-processes.ts'

/** The PostgreSQL of all daemons, which none of them manages. */
export class PostgresServer implements ChaosDatabase {
  readonly #directory: string
  readonly #log: Logger
  #cluster: Cluster | undefined
  #listening: Listening = { kind: 'tcp', port: 0 }
  #home: string | undefined

  constructor(options: { directory: string; log: Logger }) {
    this.#directory = options.directory
    this.#log = options.log
  }

  /** The folder of its files; `undefined` before it was started. */
  get home(): string | undefined {
    return this.#home
  }

  /** @returns the connection URL, which contains the password */
  async start(): Promise<string> {
    const home = await makeHome(this.#directory, this.#log)
    this.#home = home.folder
    const cluster = new Cluster(home, await findBinaries(home.folder, home.account))
    await cluster.initialise()
    this.#listening = { kind: 'tcp', port: await freePort() }
    await cluster.start(this.#listening)
    this.#cluster = cluster
    await withClient(await cluster.superuserUrl(this.#listening, 'postgres'), it =>
      makeDatabase(it, 'tikmeter'),
    )
    return cluster.superuserUrl(this.#listening, 'tikmeter')
  }

  async stop(): Promise<void> {
    await this.#cluster?.stop()
  }

  /** Kills the postmaster with SIGKILL, and starts it again after `forMs`; it recovers. */
  async killFor(forMs: number): Promise<void> {
    const postmaster = await this.#cluster?.postmaster()
    if (postmaster) process.kill(postmaster.pid, 'SIGKILL')
    await sleep(forMs)
    await startAgain(async () => this.#cluster?.start(this.#listening))
  }

  /** Stops all of its processes: connections stay, and nothing is answered. */
  async hangFor(forMs: number): Promise<void> {
    const postmaster = await this.#cluster?.postmaster()
    if (postmaster) await hangFor(postmaster.pid, forMs)
  }
}
