import { Client } from 'pg'
import { HONEST } from './config.ts'

const OLDEST = `
  select extract(epoch from clock_timestamp() - min(last_reading_at)) * 1000 as ms
  from routers where tenant_id = $1`

/** The age of the committed readings of honest routers, queried on a separate connection. */
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

  /** Age of the oldest router's last committed reading, in milliseconds. */
  async oldestMs(): Promise<number> {
    const { rows } = await this.#client.query<{ ms: string | null }>(OLDEST, [HONEST])
    return Number(rows[0]?.ms ?? Number.NaN)
  }
}
