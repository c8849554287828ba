import type { Pool } from 'pg'
import {
  type RouterId,
  type RouterKey,
  routerId,
  routerKey,
  type TenantId,
  tenantId,
} from '../../accounting/ids.ts'
import type { Service } from '../../accounting/reading.ts'
import { readRollups, type StoredRollup } from './rollups.ts'

/** A router that is not read here, as the last commit of whoever reads it left it. */
export interface StoredElsewhere {
  /** Another one after each commit. */
  readonly stamp: string
  readonly rollup: StoredRollup | undefined
  /** By service, where it was ever read. */
  readonly services: ReadonlyMap<Service, StoredService>
}

export interface StoredService {
  readonly readAt: Date
  /** The names of its live sessions, one for each. */
  readonly online: readonly string[]
  /** How many of them have no counters. */
  readonly uncounted: number
}

interface RouterRow {
  readonly tenant_id: string
  readonly id: string
  readonly hotspot_reading_at: Date | null
  readonly ppp_reading_at: Date | null
  readonly stamp: string
}

interface OnlineRow {
  readonly tenant_id: string
  readonly router_id: string
  readonly service: Service
  readonly usernames: readonly string[]
  readonly uncounted: number
}

/**
 * @param here the routers that are left out
 * @param known as they were read before: of those that nobody has committed since, nothing is read
 */
export async function readElsewhere(
  pool: Pool,
  tenants: readonly TenantId[],
  here: ReadonlySet<RouterKey>,
  known: ReadonlyMap<RouterKey, StoredElsewhere>,
): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredElsewhere>>> {
  const { rows } = await pool.query<RouterRow>(
    `select tenant_id, id, hotspot_reading_at, ppp_reading_at, committed_epoch || '/' || position as stamp
     from routers where tenant_id = any($1)
       and not exists (select from unnest($2::text[]) as here (key) where key = tenant_id || '/' || id)`,
    [tenants, [...here]],
  )
  const elsewhere = new Map<TenantId, Map<RouterId, StoredElsewhere>>()
  const moved = rows.filter(row => known.get(keyOf(row.tenant_id, row.id))?.stamp !== row.stamp)
  const { rollups, online } = await readMoved(pool, moved)
  for (const row of rows) {
    const tenant = tenantId(row.tenant_id)
    const router = routerId(row.id)
    const its = elsewhere.get(tenant) ?? new Map<RouterId, StoredElsewhere>()
    elsewhere.set(tenant, its)
    const before = known.get(routerKey(tenant, router))
    if (before?.stamp === row.stamp) {
      its.set(router, before)
      continue
    }
    const services = new Map<Service, StoredService>()
    const addService = (service: Service, readAt: Date | null) => {
      if (readAt)
        services.set(service, { readAt, ...(online.get(`${tenant}/${router}/${service}`) ?? NOBODY) })
    }
    addService('hotspot', row.hotspot_reading_at)
    addService('ppp', row.ppp_reading_at)
    its.set(router, { stamp: row.stamp, rollup: rollups.get(tenant)?.get(router), services })
  }
  return elsewhere
}

async function readMoved(pool: Pool, moved: readonly RouterRow[]) {
  if (moved.length === 0) return { rollups: new Map(), online: new Map() }
  const tenants = [...new Set(moved.map(row => tenantId(row.tenant_id)))]
  const rollups = await readRollups(
    pool,
    tenants,
    moved.map(row => routerId(row.id)),
  )
  return { rollups, online: await readOnline(pool, moved) }
}

const NOBODY: Omit<StoredService, 'readAt'> = { online: [], uncounted: 0 }

async function readOnline(
  pool: Pool,
  routers: readonly RouterRow[],
): Promise<ReadonlyMap<string, Omit<StoredService, 'readAt'>>> {
  const { rows } = await pool.query<OnlineRow>(
    `select tenant_id, router_id, service, array_agg(username) as usernames,
       (count(*) filter (where counter_upload is null or counted_since is not null))::int as uncounted
     from user_sessions where status = 'active' and missed_at is null and (tenant_id, router_id) in (select * from unnest($1::text[], $2::text[]))
     group by 1, 2, 3`,
    [routers.map(row => row.tenant_id), routers.map(row => row.id)],
  )
  return new Map(
    rows.map(({ tenant_id, router_id, service, usernames, uncounted }) => [
      `${tenant_id}/${router_id}/${service}`,
      { online: usernames, uncounted },
    ]),
  )
}

function keyOf(tenant: string, router: string): RouterKey {
  return routerKey(tenantId(tenant), routerId(router))
}
