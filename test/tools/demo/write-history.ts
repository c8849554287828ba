import type { Pending } from '../../../src/accounting/waiting/pending.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { LedgerStore } from '../../../src/store/ledger-store.ts'
import { Database } from '../../../src/store/pg/database.ts'
import type { FleetTenant } from '../../system/daemon/fleet-config.ts'
import type { RouterHistory } from './history.ts'

/** Holds the leases while the history is committed. Afterwards nobody does. */
const OWNER = 'history'
const EPOCH = 1
const DAY_MS = 86_400_000

const TENANTS = `insert into tenants (id, name, timezone)
  select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing`
const ROUTERS = `insert into routers (tenant_id, id, name, host)
  select tenant, router, router, '127.0.0.1' from unnest($1::text[], $2::text[]) as t (tenant, router)
  on conflict do nothing`
const LEASES = `insert into router_leases (tenant_id, router_id, owner, epoch)
  select *, $3, $4 from unnest($1::text[], $2::text[]) on conflict do nothing`
const RELEASE = 'update router_leases set owner = null where owner = $1'

/**
 * Commits a history as a daemon would, with the same code, to a database that no daemon has used yet. The routers count as
 * never read, so that the daemon counts the sessions it finds whole.
 * @returns false if the database has usage already, and nothing was written
 */
export async function writeHistory(
  url: string,
  tenants: readonly FleetTenant[],
  history: readonly RouterHistory[],
): Promise<boolean> {
  const log = createLogger('warn')
  const database = new Database({ url, log, applicationName: OWNER, connections: 2 })
  try {
    const { rowCount } = await database.pool.query('select from tenant_usage_daily limit 1')
    if (rowCount) return false
    const routers = [history.map(({ tenant }) => tenant), history.map(({ router }) => router)]
    await database.pool.query(TENANTS, [
      ...[tenants.map(({ id }) => id), tenants.map(({ name }) => name)],
      tenants.map(({ timezone }) => timezone),
    ])
    await database.pool.query(ROUTERS, routers)
    await database.pool.query(LEASES, [...routers, OWNER, EPOCH])
    const store = new LedgerStore({
      ...{ database, clock: systemClock, owner: OWNER, deltasRetentionMs: 90 * DAY_MS },
    })
    const outcomes = await store.commit(
      history.map(({ tenant, router, sessions }) => ({
        ...{ tenant, router, epoch: EPOCH, limits: { maxSessions: sessions.length } },
        pending: pendingOf(sessions),
      })),
    )
    for (const [router, { kind }] of outcomes)
      if (kind !== 'committed') throw new Error(`the history of ${router} is not written: ${kind}`)
    await database.pool.query(RELEASE, [OWNER])
    return true
  } finally {
    await database.stop()
  }
}

/** All sessions in one decision, and no reading. */
function pendingOf(sessions: RouterHistory['sessions']): Pending {
  return {
    ...{ basePosition: 0, position: 1, moves: [], events: [], bindings: new Map(), readings: new Map() },
    sessions: new Map(sessions.map(it => [it.session.id, it])),
  }
}
