import { routerKey } from '../../../src/accounting/ids.ts'
import type { SyncedTenant } from '../../../src/roster/ports.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { LeaseStore } from '../../../src/store/leases/lease-store.ts'
import { LedgerStore } from '../../../src/store/ledger-store.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { ReadRouter, readingAt, sessionAt } from '../commit/read-router.ts'

export const DAY_MS = 86_400_000
export const NOON = Date.UTC(2026, 10, 24, 12)

/** One daemon's part of the store. */
export interface StoreScene {
  readonly database: Database
  readonly store: LedgerStore
  readonly leases: LeaseStore
}

export interface LedgerScene extends StoreScene {
  /** The URL of the database. */
  readonly url: string
  /** Other connections, of the same daemon or of another. */
  another(owner: string, incarnation?: number): StoreScene
  ask(statement: string): Promise<readonly Record<string, unknown>[]>
  /** Empties all tables, and adds the tenants acme, with the routers hq and hill, and other, with hq. No router is taken. */
  beginUntaken(): Promise<void>
  /** The same, but all three routers are this daemon's, at epoch 1. */
  begin(): Promise<void>
  stop(): Promise<void>
}

export const US = 'us'
export const THEM = 'them'
/** Longer than any test. */
export const LEASE_MS = 600_000

const TABLES = [
  ...[
    'user_sessions',
    'session_deltas',
    'usage_daily',
    'tenant_usage_daily',
    'ledger_events',
    'event_decisions',
  ],
  ...[
    'alert_deliveries',
    'alerts',
    'binding_counters',
    'router_leases',
    'daemon_lists',
    'daemons',
    'router_services',
    'routers',
    'tenants',
  ],
]
/** Truncating this many tables, with their partitions and indexes, would take ten times as long as a test. */
const EMPTY = `begin;
  -- No other way ends a decision, and nothing is left that refers to what goes.
  set local session_replication_role = replica;
  ${TABLES.map(it => `delete from ${it};`).join(' ')}
  select setval(oid::regclass, 1, false) from pg_class
    where relkind = 'S' and relnamespace = 'public'::regnamespace;
  commit`

/** A row for the daemon, as if its first process had started. */
const DAEMON = `insert into daemons (id, incarnation, host, started_at, seen_at)
  overriding system value values ('${US}', 0, 'here', now(), now())`

/** A store on a database of its own, at noon on 2026-11-24. */
export async function openLedgerScene(given?: ScratchDatabase): Promise<LedgerScene> {
  const scratch = given ?? (await createScratchDatabase())
  const clock = { ...systemClock, now: () => new Date(NOON) }
  const another = (owner: string, incarnation = 0): StoreScene => {
    const log = createLogger('silent')
    const database = new Database({ url: scratch.url, log, applicationName: owner, connections: 4 })
    const store = new LedgerStore({ database, clock, owner, deltasRetentionMs: 90 * DAY_MS })
    return {
      database,
      store,
      leases: new LeaseStore({ database, owner, incarnation, durationMs: LEASE_MS, epochOf: () => 0 }),
    }
  }
  const own = another(US)
  const { database, store, leases } = own
  const beginUntaken = async () => {
    await database.pool.query(EMPTY)
    await database.pool.query(DAEMON)
    await store.syncConfig([tenantOf('acme', 'hq', 'hill'), tenantOf('other', 'hq')])
  }
  return {
    ...{ ...own, url: scratch.url, another, beginUntaken },
    ask: async statement => (await database.pool.query<Record<string, unknown>>(statement)).rows,
    async begin() {
      await beginUntaken()
      await leases.acquire(ALL_ROUTERS)
    },
    async stop() {
      await database.stop()
      await scratch.drop()
    },
  }
}

export const ALL_ROUTERS = [
  new ReadRouter('acme', 'hq'),
  new ReadRouter('acme', 'hill'),
  new ReadRouter('other', 'hq'),
]

export function tenantOf(id: string, ...routers: readonly string[]): SyncedTenant {
  const { tenant } = new ReadRouter(id, 'x')
  return {
    id: tenant,
    name: id,
    timezone: 'Africa/Nairobi',
    routers: routers.map(name => ({ id: new ReadRouter(id, name).router, name, host: '10.0.0.1' })),
  }
}

/** The bytes that each of the four tables adds up to. */
export function sums({ ask }: Pick<LedgerScene, 'ask'>): Promise<readonly Record<string, unknown>[]> {
  return ask(`select
    (select sum(data_used) from user_sessions)::text as sessions,
    (select sum(upload + download) from session_deltas)::text as deltas,
    (select sum(upload + download) from usage_daily)::text as daily,
    (select sum(upload + download) from tenant_usage_daily)::text as tenant_daily`)
}

export function key(router: ReadRouter) {
  return routerKey(router.tenant, router.router)
}

/** Two routers with all kinds of sessions, some of them over midnight. */
export function busyRouters(): readonly [ReadRouter, ReadRouter] {
  const hq = new ReadRouter('acme', 'hq')
  const hill = new ReadRouter('acme', 'hill')
  // 23:30 to 0:45 in Nairobi.
  for (let atMs = NOON - 15.5 * 3_600_000, n = 1; n <= 6; atMs += 900_000, n++) {
    const loginMs = NOON - 16 * 3_600_000
    const onBinding = { binding: 'l2tp-in1', protocol: 'l2tp', routerSessionId: '0x2' }
    hq.read(
      readingAt(
        atMs,
        'ppp',
        [
          sessionAt(atMs, loginMs, 'amina', 1_000_003 * n, 7_000_001 * n),
          sessionAt(atMs, loginMs, 'bo', n < 4 ? 900 * n : 5 * (n - 3), 800 * n, { routerSessionId: '0x3' }),
          sessionAt(atMs, loginMs, 'cy', 10 * n, 20 * n, onBinding),
        ],
        { bindings: [{ name: 'l2tp-in1', counters: { upload: 10 * n, download: 20 * n } }] },
      ),
    )
    const guest = { server: 'hs1', routerSessionId: undefined, callerId: undefined, protocol: 'hotspot' }
    hill.read(
      readingAt(atMs, 'hotspot', n >= 5 ? [] : [sessionAt(atMs, loginMs, 'guest', 13 * n, 17 * n, guest)]),
    )
  }
  return [hq, hill]
}
