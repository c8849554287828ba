import type { Pool } from 'pg'
import {
  type RouterId,
  type RouterKey,
  routerId,
  routerKey,
  type TenantId,
  tenantId,
} from '../accounting/ids.ts'
import type { Service } from '../accounting/reading.ts'
import { readRollups, type StoredRollup } from './rollups.ts'

/** A router that is not read here, as the last commit of whoever reads it left it. */
export interface StoredElsewhere {
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
}

interface OnlineRow {
  readonly tenant_id: string
  readonly router_id: string
  readonly service: Service
  readonly usernames: readonly string[]
  readonly uncounted: number
}

/** @param here the routers that are left out */
export async function readElsewhere(
  pool: Pool,
  tenants: readonly TenantId[],
  here: ReadonlySet<RouterKey>,
): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredElsewhere>>> {
  const { rows } = await pool.query<RouterRow>(
    'select tenant_id, id, hotspot_reading_at, ppp_reading_at from routers where tenant_id = any($1)',
    [tenants],
  )
  const others = rows.filter(row => !here.has(keyOf(row.tenant_id, row.id)))
  const elsewhere = new Map<TenantId, Map<RouterId, StoredElsewhere>>()
  if (others.length === 0) return elsewhere
  const rollups = await readRollups(pool, [...new Set(others.map(row => tenantId(row.tenant_id)))])
  const online = await readOnline(pool, others)
  for (const row of others) {
    const tenant = tenantId(row.tenant_id)
    const router = routerId(row.id)
    const services = new Map<Service, StoredService>()
    const addService = (service: Service, readAt: Date | null) => {
      if (readAt)
        services.set(service, { readAt, ...(online.get(`${tenant}/${router}/${service}`) ?? NOBODY) })
    }
    addService('hotspot', row.hotspot_reading_at)
    addService('ppp', row.ppp_reading_at)
    const its = elsewhere.get(tenant) ?? new Map<RouterId, StoredElsewhere>()
    elsewhere.set(tenant, its.set(router, { rollup: rollups.get(tenant)?.get(router), services }))
  }
  return elsewhere
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
