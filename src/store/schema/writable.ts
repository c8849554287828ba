import type { ClientBase } from 'pg'
import { SchemaTooNew } from '../pg/errors.ts'
import { newestVersion } from './migrations.ts'

/** SQL of the migration that a release must know to write. It stays until the end of a transaction that has locked `routers`. */
export const WRITABLE_SINCE = '(select writable_since from drizzle.tikmeter_schema)'

/**
 * Checks that this release knows a migration.
 * @param needed its version, as PostgreSQL writes it
 * @throws SchemaTooNew
 */
export function checkVersion(needed: string): void {
  if (Number(needed) > newestVersion()) throw new SchemaTooNew(new Date(Number(needed)))
}

/**
 * Checks that this release may write until the transaction ends.
 * @throws SchemaTooNew
 */
export async function lockWritable(client: ClientBase): Promise<void> {
  await client.query('lock table tik.routers in row share mode')
  const { rows } = await client.query<{ since: string }>(`select ${WRITABLE_SINCE} as since`)
  checkVersion(rows[0]?.since ?? '0')
}
