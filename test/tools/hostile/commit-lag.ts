import { Client } from 'pg'
import { HONEST } from './config.ts'

const OLDEST = `
  select extract(epoch from clock_timestamp() - min(last_reading_at)) * 1000 as ms
  from routers where tenant_id = $1`

/** How old what is committed of honest routers is, asked of the database on a connection of its own. */
export class CommitLag {
  readonly #client: Client

  constructor(databaseUrl: string) {
    this.#client = new Client({ connectionString: databaseUrl })
  }

  async start(): Promise<void> {
    await this.#client.connect()
  }

  async stop(): Promise<void> {
    await this.#client.end()
  }

  /** Of the router whose last committed reading is the oldest; milliseconds. */
  async oldestMs(): Promise<number> {
    const { rows } = await this.#client.query<{ ms: string | null }>(OLDEST, [HONEST])
    return Number(rows[0]?.ms ?? Number.NaN)
  }
}
