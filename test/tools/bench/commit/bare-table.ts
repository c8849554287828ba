import type { PoolClient } from 'pg'
import type { SessionId } from '../../../../src/accounting/ids.ts'
import type { BenchPostgres } from './bench-postgres.ts'

/** One plain table with a row for each session, in the same physical order as the sessions. */
export class BareTable {
  readonly #client: PoolClient

  private constructor(client: PoolClient) {
    this.#client = client
  }

  static async create(postgres: BenchPostgres): Promise<BareTable> {
    const client = await postgres.database.pool.connect()
    await client.query(
      `create table bare (id uuid primary key, upload int8 not null, download int8 not null)
         with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)`,
    )
    await client.query('insert into bare select id, 0, 0 from user_sessions')
    return new BareTable(client)
  }

  stop(): void {
    this.#client.release()
  }

  /** Updates both counters of each session in one statement. */
  async updateTogether(ids: readonly SessionId[]): Promise<void> {
    await this.#client.query({
      name: 'bare_together',
      text: `update bare as b set upload = b.upload + t.upload, download = b.download + t.download
        from unnest($1::uuid[], $2::int8[], $3::int8[]) as t (id, upload, download) where b.id = t.id`,
      values: [ids, ids.map((_, at) => 3_000 + at), ids.map((_, at) => 40_000 + at)],
    })
  }

  /** Updates each session in its own statement and transaction. */
  async updateOneByOne(ids: readonly SessionId[]): Promise<void> {
    for (const [at, id] of ids.entries())
      await this.#client.query({
        name: 'bare_one',
        text: 'update bare set upload = upload + $2, download = download + $3 where id = $1',
        values: [id, 3_000 + at, 40_000 + at],
      })
  }
}
