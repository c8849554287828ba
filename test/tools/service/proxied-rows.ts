import { Pool } from 'pg'
import { EmbeddedPostgres } from '../../../src/postgres/embedded.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'

/** Subscribers of one day, each with one session: tens of megabytes as CSV, more than all buffers on the way hold. */
export const ROWS = 200_000

const STATEMENTS = [
  `insert into tenants (id, name, timezone) values ('acme', 'Acme', 'UTC')`,
  `insert into routers (tenant_id, id, name, host) values ('acme', 'old', 'old', '10.0.0.1')`,
  `insert into usage_daily (tenant_id, day, router_id, service, username, upload, download)
     select 'acme', '2026-01-15', 'old', 'ppp', 'subscriber-' || n, n, 10 * n from generate_series(1, ${ROWS}) as n`,
  `insert into tenant_usage_daily (tenant_id, day, router_id, service, upload, download)
     select tenant_id, day, router_id, service, sum(upload), sum(download) from usage_daily group by 1, 2, 3, 4`,
  `insert into user_sessions (id, tenant_id, router_id, service, protocol, username, mac_address, ip_address,
       router_session_id, status, start_time, last_seen_at, end_time, end_reason, data_upload, data_download,
       login_earliest_at, login_latest_at, last_moved_at)
     select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'acme', 'old', 'ppp', 'pppoe',
       'subscriber-' || n, '02:00:00:00:00:01', '10.0.0.1', '0x1', 'ended', at, at, at, 'logout', n, 10 * n, at, at, at
     from generate_series(1, ${ROWS}) as n, lateral (select timestamptz '2026-01-15' + n * interval '100 ms' as at) as t`,
]

/** Makes an embedded database with many rows, and stops it. */
export async function fillLong(directory: string): Promise<void> {
  const postgres = new EmbeddedPostgres({ directory, log: createLogger('warn'), clock: systemClock })
  const { url } = await postgres.start()
  try {
    await migrate({ url })
    const pool = new Pool({ connectionString: url, max: 1 })
    for (const statement of STATEMENTS) await pool.query(statement)
    await pool.end()
  } finally {
    await postgres.stop()
  }
}
