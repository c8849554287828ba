import { query } from '../../harness/postgres/query.ts'

/** The routers that wrote it. */
export const LEFT_FLEET = { seed: 5, routers: 2, hotspotSessions: 4, pppSessions: 4, bindings: 2 }

/** What a journal becomes in the database. Ids and instants are those in the journal. */
export interface LeftTables {
  readonly sessions: readonly object[]
  readonly daily: readonly object[]
  readonly events: readonly object[]
  readonly bindings: readonly object[]
}

export async function tablesOf(url: string): Promise<LeftTables> {
  return {
    sessions: await query(
      url,
      `select id, router_id, service, username, status, start_time, end_time, end_reason, data_upload, data_download,
         counter_upload, counter_download from user_sessions order by id`,
    ),
    daily: await query(
      url,
      `select day::text, router_id, service, username, upload, download from usage_daily
       order by day, router_id, service, username`,
    ),
    events: await query(url, 'select router_id, kind, at from ledger_events order by id'),
    bindings: await query(
      url,
      'select router_id, interface, upload, download from binding_counters order by 1, 2',
    ),
  }
}
