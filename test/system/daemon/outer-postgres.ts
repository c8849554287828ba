import { inject } from 'vitest'
import { query } from '../../harness/postgres/query.ts'
import { ScratchServer } from '../../harness/postgres/scratch-server.ts'
import { until } from './scene.ts'

/** A PostgreSQL that the daemon does not manage: it stops and starts only when the test says so. */
export class OuterPostgres {
  readonly url: string
  readonly #server: ScratchServer

  private constructor(server: ScratchServer, url: string) {
    this.#server = server
    this.url = url
  }

  static async create(): Promise<OuterPostgres> {
    const server = await ScratchServer.create(inject('freshCluster'))
    return new OuterPostgres(server, await server.start())
  }

  /** Kills it with SIGKILL, with everything in flight. */
  async kill(): Promise<void> {
    await this.#server.kill()
    await until('it answers nobody', async () =>
      query(this.url, 'select').then(
        () => false,
        () => true,
      ),
    )
  }

  async comeBack(): Promise<void> {
    // Children of the killed server hold its memory until they notice.
    await until('it is up again', () =>
      this.#server.start().then(
        () => true,
        () => false,
      ),
    )
  }

  async end(): Promise<void> {
    await this.#server.end()
  }
}
