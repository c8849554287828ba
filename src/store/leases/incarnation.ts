import type { Database } from '../pg/database.ts'
import { asStoreError } from '../pg/errors.ts'
import { storableText } from '../pg/storable.ts'

/** Daemons that could not keep their id had a new one at each start. Their rows are deleted after this time. */
const FORGOTTEN_AFTER = `interval '30 days'`

/**
 * Makes this process the newest of its daemon. Older processes with the same id, which exist only if a disk was copied,
 * take no more routers.
 * @param id the daemon's id
 * @returns the incarnation of this process, greater than that of any earlier one
 * @throws DatabaseUnavailable if there is no answer
 */
export async function beginIncarnation({ pool }: Database, id: string, host: string): Promise<number> {
  try {
    await pool.query(
      `delete from tik.daemons as d where d.started_at < now() - ${FORGOTTEN_AFTER} and d.id <> $1
         and not exists (select from tik.router_leases as l where l.owner = d.id and l.expires_at > now())`,
      [id],
    )
    // The number is drawn when the row is locked, so of two processes that start at once the later has the greater.
    const { rows } = await pool.query<{ readonly incarnation: string }>(
      `insert into tik.daemons as d (id, host, started_at, seen_at) values ($1, $2, clock_timestamp(), clock_timestamp())
       on conflict (id) do update set incarnation = default, host = excluded.host, started_at = excluded.started_at,
         seen_at = excluded.seen_at
       returning incarnation`,
      [id, storableText(host)],
    )
    return Number(rows[0]?.incarnation)
  } catch (error) {
    throw asStoreError('the daemon is not registered', error)
  }
}
