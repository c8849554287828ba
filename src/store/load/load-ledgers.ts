import { type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import { type Bindings, NO_BINDINGS } from '../../accounting/counting/bindings.ts'
import { type CountedMark, countedUpTo } from '../../accounting/counting/mark.ts'
import { type RouterKey, routerKey, type SessionId } from '../../accounting/ids.ts'
import type { LastReading, Ledger } from '../../accounting/ledger.ts'
import type { Service } from '../../accounting/reading.ts'
import type { Session } from '../../accounting/session.ts'
import type { RouterRef, StoredRouter } from '../../recording/ports.ts'
import { rowKey } from '../pg/row-key.ts'
import { storableBytes } from '../pg/storable.ts'
import { bindingCounters, routerServices, routers, userSessions } from '../schema/schema.ts'
import { deviceOf } from './stored-device.ts'
import { storedCounters } from './stored-doubts.ts'
import { awaySessions, openSessions, removedSessions, type SessionRow, sessionOf } from './stored-session.ts'

/** A transaction with a snapshot of one moment. */
type SnapshotTransaction = Pick<NodePgDatabase, 'select' | 'execute'>

/** Loads the ledgers of routers, for all services that they were ever read for. */
export async function loadLedgers(
  snapshot: SnapshotTransaction,
  refs: readonly RouterRef[],
): Promise<Map<RouterKey, StoredRouter>> {
  const rows = await snapshot
    .select()
    .from(routers)
    .where(isOneOf(refs, routers.tenantId, routers.id))
  const readings = await loadReadings(snapshot, refs)
  const known = await loadSessions(snapshot, refs)
  const bindings = await loadBindings(snapshot, refs)
  const stored = new Map<RouterKey, StoredRouter>()
  for (const { tenant, router } of refs)
    stored.set(routerKey(tenant, router), {
      ...{ position: 0, committedEpoch: 0 },
      ledgers: new Map(),
    })
  for (const row of rows) {
    const key = rowKey(row.tenantId, row.id)
    const ledgers = new Map<Service, Ledger>()
    for (const [service, last] of readings.get(key) ?? [])
      ledgers.set(service, {
        unnumbered: known.get(key)?.sessions.get(service) ?? new Map(),
        columns: undefined,
        bindings: bindings.get(key)?.get(service) ?? NO_BINDINGS,
        away: known.get(key)?.away.get(service) ?? new Map(),
        last: { ...last, isRemoved: known.get(key)?.removed.has(service) ?? false },
      })
    const { committedEpoch } = row
    stored.set(key, { position: storableBytes(row.position), committedEpoch, ledgers })
  }
  return stored
}

/** The sessions of one router. */
interface KnownSessions {
  readonly sessions: Map<Service, Map<SessionId, Session>>
  /** Services whose sessions ended because the router was removed. */
  readonly removed: Set<Service>
  /** Sessions of away routers, by device key. */
  readonly away: Map<Service, Map<string, Map<SessionId, Session>>>
}

async function loadSessions(
  snapshot: SnapshotTransaction,
  refs: readonly RouterRef[],
): Promise<ReadonlyMap<RouterKey, KnownSessions>> {
  const open = await snapshot.execute<SessionRow>(
    openSessions(isOneOf(refs, userSessions.tenantId, userSessions.routerId)),
  )
  const removed = await snapshot.execute<SessionRow>(
    removedSessions(isOneOf(refs, routerServices.tenantId, routerServices.routerId)),
  )
  const away = await snapshot.execute<SessionRow>(
    awaySessions(isOneOf(refs, routerServices.tenantId, routerServices.routerId)),
  )
  const all = new Map<RouterKey, KnownSessions>()
  const knownOf = (row: SessionRow): KnownSessions => {
    const key = rowKey(row.tenant_id, row.router_id)
    const known: KnownSessions = all.get(key) ?? { sessions: new Map(), removed: new Set(), away: new Map() }
    all.set(key, known)
    return known
  }
  const take = (row: SessionRow): KnownSessions => {
    const known = knownOf(row)
    const session = sessionOf(row)
    mapOf(known.sessions, session.service).set(session.id, session)
    return known
  }
  for (const row of open.rows) take(row)
  for (const row of removed.rows) take(row).removed.add(row.service)
  for (const row of away.rows) {
    const session = sessionOf(row)
    mapOf(mapOf(knownOf(row).away, row.service), row.device ?? '').set(session.id, session)
  }
  return all
}

/** The map at a key, which is made if there is none. */
function mapOf<Key, InnerKey, Value>(maps: Map<Key, Map<InnerKey, Value>>, key: Key): Map<InnerKey, Value> {
  const map = maps.get(key) ?? new Map<InnerKey, Value>()
  maps.set(key, map)
  return map
}

async function loadBindings(
  snapshot: SnapshotTransaction,
  refs: readonly RouterRef[],
): Promise<ReadonlyMap<RouterKey, ReadonlyMap<Service, Bindings>>> {
  const rows = await snapshot
    .select()
    .from(bindingCounters)
    .where(isOneOf(refs, bindingCounters.tenantId, bindingCounters.routerId))
  const all = new Map<RouterKey, Map<Service, Map<string, CountedMark>>>()
  for (const row of rows) {
    const key = rowKey(row.tenantId, row.routerId)
    const counters = { upload: storableBytes(row.upload), download: storableBytes(row.download) }
    const mark = { ...countedUpTo(counters), doubts: storedCounters(row.doubts) }
    mapOf(mapOf(all, key), row.service).set(row.interface, mark)
  }
  return all
}

/** Loads the last reading of each service, in the order of their names. */
async function loadReadings(
  snapshot: SnapshotTransaction,
  refs: readonly RouterRef[],
): Promise<ReadonlyMap<RouterKey, ReadonlyMap<Service, Omit<LastReading, 'isRemoved'>>>> {
  const rows = await snapshot
    .select()
    .from(routerServices)
    .where(isOneOf(refs, routerServices.tenantId, routerServices.routerId))
    .orderBy(routerServices.service)
  const all = new Map<RouterKey, Map<Service, Omit<LastReading, 'isRemoved'>>>()
  for (const { service, readingAt, steadyAt, bootEarliestAt, bootLatestAt, ...row } of rows)
    mapOf(all, rowKey(row.tenantId, row.routerId)).set(service, {
      at: { wall: readingAt, steadyMs: steadyAt.getTime() },
      boot: { earliestMs: bootEarliestAt.getTime(), latestMs: bootLatestAt.getTime() },
      ...deviceOf(row.device),
      isFromAnotherProcess: true,
    })
  return all
}

function isOneOf(refs: readonly RouterRef[], tenantColumn: AnyPgColumn, routerColumn: AnyPgColumn): SQL {
  const tenants = sql.param(refs.map(({ tenant }) => tenant))
  const ids = sql.param(refs.map(({ router }) => router))
  return sql`${tenantColumn} = any(${tenants}::text[])
    and (${tenantColumn}, ${routerColumn}) in (select * from unnest(${tenants}::text[], ${ids}::text[]))`
}
