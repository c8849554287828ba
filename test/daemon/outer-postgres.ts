import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '../../src/runtime/logger.ts'
import { findBinaries } from '../../src/store/embedded-binaries.ts'
import { Cluster } from '../../src/store/embedded-cluster.ts'
import { makeHome } from '../../src/store/embedded-home.ts'
import { makeDatabase } from '../../src/store/embedded-session.ts'
import { freePort } from '../../src/store/free-port.ts'
import { query, until } from './scene.ts'

/** A PostgreSQL that is not the daemon's own: it goes when it is told to, and comes back only when it is told to. */
export class OuterPostgres {
  readonly url: string
  readonly #folder: string
  readonly #cluster: Cluster
  readonly #port: number

  private constructor(folder: string, cluster: Cluster, port: number, url: string) {
    this.#folder = folder
    this.#cluster = cluster
    this.#port = port
    this.url = url
  }

  static async create(): Promise<OuterPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-outer-'))
    // As root, PostgreSQL is another user.
    await chmod(folder, 0o711)
    const home = await makeHome(join(folder, 'postgres'), createLogger('silent'))
    const cluster = new Cluster(home, await findBinaries(home.folder, home.account))
    await cluster.initialise()
    const port = await freePort()
    await cluster.start(port)
    await makeDatabase(await cluster.url(port, 'postgres'), 'tikmeter')
    return new OuterPostgres(folder, cluster, port, await cluster.url(port, 'tikmeter'))
  }

  /** kill -9, with all that was under way. */
  async kill(): Promise<void> {
    const running = await this.#cluster.postmaster()
    if (!running) throw new Error('it is not running')
    process.kill(running.pid, 'SIGKILL')
    await until('it answers nobody', async () =>
      query(this.url, 'select').then(
        () => false,
        () => true,
      ),
    )
  }

  async comeBack(): Promise<void> {
    // Children of the killed one hold its memory until they notice.
    await until('it is up again', () =>
      this.#cluster.start(this.#port).then(
        () => true,
        () => false,
      ),
    )
  }

  async end(): Promise<void> {
    await this.#cluster.stop()
    const home = await realpath(join(this.#folder, 'postgres'))
    await rm(home, { recursive: true, force: true })
    await rm(this.#folder, { recursive: true, force: true })
  }
}
