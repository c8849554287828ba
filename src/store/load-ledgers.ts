import { type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import type { Bytes } from '../accounting/bytes.ts'
import {
  type RouterId,
  type RouterKey,
  routerId,
  routerKey,
  type SessionId,
  type TenantId,
  tenantId,
} from '../accounting/ids.ts'
import { type LastReading, type Ledger, NEW_LEDGER } from '../accounting/ledger.ts'
import type { Service } from '../accounting/reading.ts'
import type { Session } from '../accounting/session.ts'
import { bindingCounters, routers, userSessions } from './schema.ts'
import { storableBytes } from './storable.ts'
import { openSessions, type SessionRow, sessionOf } from './stored-session.ts'

export interface RouterRef {
  readonly tenant: TenantId
  readonly router: RouterId
}

/** What the database has of a router: where the next commit goes on from. */
export interface StoredRouter {
  readonly position: number
  /** Of the lease under which it was last committed; 0 where it never was. */
  readonly committedEpoch: number
  readonly ledgers: Readonly<Record<Service, Ledger>>
}

/** A transaction that sees one moment. */
type Snapshot = Pick<NodePgDatabase, 'select' | 'execute'>

export async function loadLedgers(
  snapshot: Snapshot,
  refs: readonly RouterRef[],
): Promise<Map<RouterKey, StoredRouter>> {
  const rows = await snapshot
    .select()
    .from(routers)
    .where(isOneOf(refs, routers.tenantId, routers.id))
  const open = await loadSessions(snapshot, refs)
  const bindings = await loadBindings(snapshot, refs)
  const cleared = await loadCleared(snapshot, refs)
  const stored = new Map<RouterKey, StoredRouter>()
  for (const { tenant, router } of refs)
    stored.set(routerKey(tenant, router), {
      ...{ position: 0, committedEpoch: 0 },
      ledgers: { hotspot: NEW_LEDGER, ppp: NEW_LEDGER },
    })
  for (const row of rows) {
    const key = routerKey(tenantId(row.tenantId), routerId(row.id))
    const ledger = (service: Service, counters: ReadonlyMap<string, Bytes>): Ledger => ({
      unnumbered: open.get(key)?.[service] ?? new Map(),
      columns: undefined,
      bindings: counters,
      last: lastReadingOf(row, service, cleared),
    })
    const ledgers = {
      hotspot: ledger('hotspot', new Map()),
      // Only PPP servers have static bindings.
      ppp: ledger('ppp', bindings.get(key) ?? new Map()),
    }
    const { committedEpoch } = row
    stored.set(key, { position: storableBytes(row.position), committedEpoch, ledgers })
  }
  return stored
}

type Open = Record<Service, Map<SessionId, Session>>

async function loadSessions(
  snapshot: Snapshot,
  refs: readonly RouterRef[],
): Promise<ReadonlyMap<RouterKey, Open>> {
  const isTheirs = isOneOf(refs, userSessions.tenantId, userSessions.routerId)
  const { rows } = await snapshot.execute<SessionRow>(openSessions(isTheirs))
  const all = new Map<RouterKey, Open>()
  for (const row of rows) {
    const key = routerKey(tenantId(row.tenant_id), routerId(row.router_id))
    const open: Open = all.get(key) ?? { hotspot: new Map(), ppp: new Map() }
    all.set(key, open)
    const session = sessionOf(row)
    open[session.service].set(session.id, session)
  }
  return all
}

async function loadBindings(
  snapshot: Snapshot,
  refs: readonly RouterRef[],
): Promise<ReadonlyMap<RouterKey, ReadonlyMap<string, Bytes>>> {
  const rows = await snapshot
    .select()
    .from(bindingCounters)
    .where(isOneOf(refs, bindingCounters.tenantId, bindingCounters.routerId))
  const all = new Map<RouterKey, Map<string, Bytes>>()
  for (const row of rows) {
    const key = routerKey(tenantId(row.tenantId), routerId(row.routerId))
    const counters = { upload: storableBytes(row.upload), download: storableBytes(row.download) }
    all.set(key, (all.get(key) ?? new Map<string, Bytes>()).set(row.interface, counters))
  }
  return all
}

function isOneOf(
  refs: readonly RouterRef[],
  tenantColumn: AnyPgColumn | SQL,
  routerColumn: AnyPgColumn | SQL,
): SQL {
  const tenants = sql.param(refs.map(({ tenant }) => tenant))
  const ids = sql.param(refs.map(({ router }) => router))
  return sql`(${tenantColumn}, ${routerColumn}) in (select * from unnest(${tenants}::text[], ${ids}::text[]))`
}

/** Services whose sessions were ended after the last reading, since the router left the config. */
async function loadCleared(snapshot: Snapshot, refs: readonly RouterRef[]): Promise<ReadonlySet<string>> {
  const { rows } = await snapshot.execute<{ tenant_id: string; router_id: string; service: Service }>(
    sql`select distinct s.tenant_id, s.router_id, s.service from routers r
      cross join lateral (values ('hotspot', r.hotspot_reading_at), ('ppp', r.ppp_reading_at)) as of (service, read_at)
      join user_sessions s on (s.tenant_id, s.router_id, s.service) = (r.tenant_id, r.id, of.service)
        and s.status = 'ended' and s.end_time = of.read_at and s.end_reason = 'removed'
      where ${isOneOf(refs, sql`r.tenant_id`, sql`r.id`)}`,
  )
  return new Set(rows.map(it => clearedKey(it.tenant_id, it.router_id, it.service)))
}

function clearedKey(tenant: string, router: string, service: Service): string {
  return `${routerKey(tenantId(tenant), routerId(router))} ${service}`
}

function lastReadingOf(
  row: typeof routers.$inferSelect,
  service: Service,
  cleared: ReadonlySet<string>,
): LastReading | undefined {
  const [readingAt, steadyAt, earliest, latest] =
    service === 'hotspot'
      ? [row.hotspotReadingAt, row.hotspotSteadyAt, row.hotspotBootEarliestAt, row.hotspotBootLatestAt]
      : [row.pppReadingAt, row.pppSteadyAt, row.pppBootEarliestAt, row.pppBootLatestAt]
  if (!readingAt || !steadyAt || !earliest || !latest) return undefined
  return {
    at: { wall: readingAt, steadyMs: steadyAt.getTime() },
    boot: { earliestMs: earliest.getTime(), latestMs: latest.getTime() },
    isFromAnotherProcess: true,
    isCleared: cleared.has(clearedKey(row.tenantId, row.id, service)),
  }
}
