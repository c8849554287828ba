import type { ClientBase } from 'pg'
import type { SyncedTenant } from '../../roster/ports.ts'
import { UnknownZone } from '../pg/errors.ts'

/** Reads the files of all zones, which takes some 50 ms. */
const UNKNOWN = `select zone from unnest($1::text[]) as zone
  where lower(zone) not in (select lower(name) from pg_timezone_names) order by zone limit 1`

/**
 * Checks that PostgreSQL knows the tenants' zones: it cuts days too, when a session moves to another router.
 * @throws UnknownZone
 */
export async function checkZones(
  client: Pick<ClientBase, 'query'>,
  tenants: readonly SyncedTenant[],
): Promise<void> {
  const zones = new Set(tenants.map(({ timezone }) => timezone))
  zones.delete('UTC')
  if (zones.size === 0) return
  const { rows } = await client.query<{ zone: string }>(UNKNOWN, [[...zones]])
  const [unknown] = rows
  if (unknown) throw new UnknownZone(unknown.zone)
}
