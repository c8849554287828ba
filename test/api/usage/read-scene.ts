import type { Pool } from 'pg'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { type TenantId, tenantId } from '../../../src/accounting/ids.ts'
import type { Route } from '../../../src/api/http/routes.ts'
import type { StrangersOptions } from '../../../src/api/http/strangers.ts'
import { forecastRoute } from '../../../src/api/usage/forecast-route.ts'
import { READ_LIMITS, ReadGate, type ReadLimits } from '../../../src/api/usage/read-limits.ts'
import { usageRoutes } from '../../../src/api/usage/usage-routes.ts'
import type { Replica, UsageSource } from '../../../src/api/usage/usage-source.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { Partitions, weekOf } from '../../../src/store/schema/partitions.ts'
import { UsageReader } from '../../../src/store/usage/usage-reader.ts'
import { createScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { START, TestApi } from '../http/api-fixture.ts'

const DAY_MS = 86_400_000
export const ZONE = 'Africa/Nairobi'
/** So high that no test reaches them by accident. */
export const AMPLE: ReadLimits = { ...READ_LIMITS, requestsAtOnce: 1e6, requestsPerSecond: 1e6 }

/** The read API with its own tables, at 2026-11-24 13:00 in Nairobi, the timezone of all its tenants. */
export class ReadScene {
  readonly clock = new HandClock(START)
  readonly database: Database
  readonly url: string
  readonly #drop: () => Promise<void>
  readonly reader: UsageReader
  /** The clock of the API that was made last. */
  routes: readonly Route[] = []
  #apis: TestApi[] = []

  private constructor(url: string, drop: () => Promise<void>) {
    this.url = url
    this.database = new Database({
      url,
      log: createLogger('silent'),
      applicationName: 'test',
      connections: 4,
    })
    this.#drop = drop
    this.reader = new UsageReader({
      url,
      log: createLogger('silent'),
      applicationName: 'reading',
      connections: 8,
    })
  }

  static async open(...tenants: readonly string[]): Promise<ReadScene> {
    const { url, drop } = await createScratchDatabase()
    const scene = new ReadScene(url, drop)
    const weeks = Array.from({ length: 10 }, (_, week) => weekOf(START.getTime() - (week - 1) * 7 * DAY_MS))
    await new Partitions(scene.pool).ensure(new Set(weeks))
    for (const tenant of tenants) await addTenant(scene.pool, tenant)
    return scene
  }

  get pool(): Pool {
    return this.database.pool
  }

  /** Makes the API of a daemon whose config has these tenants. */
  async api(
    tenants: readonly TenantId[],
    more: {
      readonly limits?: ReadLimits
      readonly source?: UsageSource
      readonly replica?: Replica
      readonly routes?: readonly Route[]
      readonly strangers?: Partial<StrangersOptions>
    } = {},
  ): Promise<TestApi> {
    const source = more.source ?? this.reader
    const calendar = new Calendar(ZONE)
    const { clock } = this
    const reading = {
      ...{
        source,
        clock,
        replica: more.replica,
        gate: new ReadGate({ limits: more.limits ?? AMPLE, clock }),
      },
      calendars: {
        tenants: () => tenants,
        calendar: (tenant: TenantId) => (tenants.includes(tenant) ? calendar : undefined),
      },
    }
    this.routes = [...usageRoutes(reading), forecastRoute(reading)]
    const { routes = [], strangers = {} } = more
    const api = new TestApi({ routes: [...this.routes, ...routes], strangers })
    this.#apis.push(api)
    return api.start()
  }

  async stop(): Promise<void> {
    for (const api of this.#apis) await api.stop()
    this.#apis = []
    await this.reader.stop()
    await this.database.stop()
    await this.#drop()
  }
}

async function addTenant(pool: Pool, tenant: string): Promise<void> {
  await pool.query(`insert into tenants values ('${tenantId(tenant)}', 'T', '${ZONE}');
    insert into routers (tenant_id, id, name, host) select '${tenant}', id, id, '10.0.0.1' from (values ('hq'), ('hill')) as r (id)`)
}

/**
 * Sessions of a tenant, one begun every `everyHours` since 2026-10-20, each five hours long or still open, with one delta a
 * quarter of an hour. The other tables add up to the same. `seed` makes tenants differ.
 */
export async function addSessions(
  pool: Pool,
  tenant: string,
  { sessions, everyHours, seed }: { sessions: number; everyHours: number; seed: number },
): Promise<void> {
  await pool.query(`
    insert into user_sessions (id, tenant_id, router_id, service, protocol, username, mac_address, ip_address, status,
        start_time, last_seen_at, end_time, end_reason, data_upload, data_download, login_earliest_at, login_latest_at,
        last_moved_at, server, domain, caller_id, binding)
      select ('00000000-0000-7000-8000-' || lpad(to_hex(n * 1000 + ${seed}), 12, '0'))::uuid, '${tenant}',
        case n % 2 when 0 then 'hq' else 'hill' end, case n % 3 when 0 then 'hotspot' else 'ppp' end,
        case n % 3 when 0 then 'hotspot' else 'pppoe' end, 'user-' || n % 7, '02:00:00:00:00:01', '10.0.0.9',
        case n % 8 when 0 then 'active' else 'ended' end, began, began + interval '5 hours',
        case n % 8 when 0 then null else began + interval '5 hours' end, case n % 8 when 0 then null else 'logout' end,
        20 * (n + ${seed}), 40 * (n + ${seed}), began, began, began,
        case n % 3 when 0 then 'hotspot1' end, case n % 6 when 0 then 'north.example' end,
        case n % 3 when 1 then '02:00:00:00:00:02' end, case n % 6 when 1 then 'pppoe-ann' end
      from (select n, timestamptz '2026-10-20 00:00Z' + n * ${everyHours} * interval '1 hour' as began
        from generate_series(1, ${sessions}) as n) as s;
    insert into session_deltas (bucket_start, session_id, tenant_id, upload, download)
      select start_time + q * interval '15 minutes', id, tenant_id, data_upload / 20, data_download / 20
      from user_sessions, generate_series(0, 19) as q where tenant_id = '${tenant}';
    insert into usage_daily
      select d.tenant_id, (bucket_start at time zone '${ZONE}')::date, router_id, service, username, sum(upload), sum(download)
      from session_deltas as d join user_sessions as s on (s.tenant_id, s.id) = (d.tenant_id, session_id)
      where d.tenant_id = '${tenant}' group by 1, 2, 3, 4, 5;
    insert into tenant_usage_daily
      select tenant_id, day, router_id, service, sum(upload), sum(download)
      from usage_daily where tenant_id = '${tenant}' group by 1, 2, 3, 4`)
}

/**
 * A tenant's alerts, one a day since 2026-09-02: every third is an outage, and every second outage has ended; every fifth
 * of the rest is a stalled session, every seventh of the rest a session without counters, and all others are of usage.
 */
export async function addAlerts(pool: Pool, tenant: string, alerts: number): Promise<void> {
  await pool.query(`
    insert into alerts (tenant_id, number, rule, kind, scope, subject, period, fired_at, ended_at, detail)
      select '${tenant}', n, 'rule-' || n % 2, kind, case kind when 'router_offline' then 'router' else 'user' end,
        case when kind <> 'router_offline' then 'user-' || n % 7 when n % 2 = 0 then 'hq' else 'router-' || n end,
        case kind when 'router_offline' then to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
          else to_char(at, 'YYYY-MM-DD') end,
        at, case when kind = 'router_offline' and n % 2 = 0 then at + interval '1 minute' end,
        case kind
          when 'usage' then jsonb_build_object('used', n * 1000, 'threshold', 1000, 'quota', case n % 2 when 0 then n end)
          when 'router_offline' then jsonb_build_object('error', case n % 2 when 0 then 'connection refused' end,
            'last_reading_at', case n % 2 when 0 then '2026-11-23T10:00:00.000Z' end)
          else jsonb_build_object('router', 'hq', 'username', 'user-' || n % 7, 'service', 'ppp',
            'session_id', '00000000-0000-7000-8000-000000000001')
        end
      from (select n, timestamp '2026-09-01 00:00' + n * interval '1 day' as at,
          case when n % 3 = 0 then 'router_offline' when n % 5 = 0 then 'session_stalled'
            when n % 7 = 0 then 'session_uncounted' else 'usage' end as kind
        from generate_series(1, ${alerts}) as n) as s order by n`)
}
