import type { Client } from 'pg'
import { bytesIn, DECIDABLE_KINDS, type DecidableKind } from '../events/event-bytes.ts'
import type { Installation } from '../pg/installation.ts'
import { isoOf } from '../pg/instants.ts'
import { rowsOf, type TableRow } from '../pg/row-stream.ts'
import { instantsOf, tenantZones } from './tenant-zones.ts'

/** Which events are asked for. `undefined`: no condition. */
export interface EventQuestion {
  readonly tenant: string | undefined
  readonly router: string | undefined
  /** The subscriber's name at the time of the event. */
  readonly user: string | undefined
  readonly kind: DecidableKind | undefined
  /** The tenant's first and last day, `2026-11-01`. */
  readonly from: string | undefined
  readonly to: string | undefined
  /** Whether to leave out events that somebody has decided on. */
  readonly isUndecided: boolean
}

/** The columns of each row. `upload`, `download` and `used` are bytes, instants ISO 8601; the last four are null if undecided. */
export const EVENT_COLUMNS: readonly string[] = [
  ...['id', 'at', 'tenant', 'router', 'service', 'username', 'kind', 'reason', 'upload', 'download', 'used'],
  ...['decision', 'decided_by', 'decided_at', 'decision_reason'],
]

/**
 * Bytes that were not counted, oldest first, with the decision about them, as long as either is kept. Parameters: kinds,
 * tenants, where their days begin, and the rest of the question.
 */
const EVENTS = `with logged as materialized (
    select id, at, tenant_id, router_id, kind, detail from tik.ledger_events
    where tenant_id = any($2) and kind = any($1) and ($8::text is null or router_id = $8)
      and ($5::date is null or at >= $5::date - 2) and ($6::date is null or at < $6::date + 3)
  ), kept as (
    select * from logged
    union all
    select event_id, at, tenant_id, router_id, kind, detail from tik.event_decisions as d
    where kind = any($1) and not exists (select from logged as e where e.id = d.event_id)
  ), found as (
    select *, detail ->> 'service' as service, detail ->> 'username' as username, ${reasonIn('detail')} as reason,
      ${bytesIn('detail', 'upload')} as upload, ${bytesIn('detail', 'download')} as download
    from kept
  )
  select e.id::text, ${isoOf('e.at')}, e.tenant_id, e.router_id, e.service, e.username, e.kind, e.reason,
    e.upload::text, e.download::text, (e.upload::numeric + e.download)::text,
    d.decision, d.decided_by, ${isoOf('d.decided_at')}, d.reason
  from found as e join unnest($2::text[], $3::timestamptz[], $9::timestamptz[]) as t (id, begins, ends)
    on t.id = e.tenant_id
  left join tik.event_decisions as d on d.event_id = e.id
  where e.upload::numeric + e.download > 0
    and ($8::text is null or e.router_id = $8)
    and ($4::text is null or e.username = $4)
    and (t.begins is null or e.at >= t.begins) and (t.ends is null or e.at < t.ends)
    and not ($7::boolean and d.event_id is not null)
  order by e.at, e.id`

/**
 * Reads events with bytes that were not counted, one by one.
 * @throws StoreError
 */
export function events(installation: Installation, question: EventQuestion): AsyncIterable<TableRow> {
  const { tenant, router, user, kind, from, to, isUndecided } = question
  const kinds = kind === undefined ? DECIDABLE_KINDS : [kind]
  const statements = async (client: Client) => {
    const zones = await tenantZones(client, tenant)
    const ids = zones.map(({ id }) => id)
    const days = zones.map(zone => instantsOf(zone, { from, to }))
    const begins = days.map(({ begin }) => begin?.toISOString() ?? null)
    const ends = days.map(({ end }) => end?.toISOString() ?? null)
    return [{ text: EVENTS, params: [kinds, ids, begins, user, from, to, isUndecided, router, ends] }]
  }
  return rowsOf(installation, statements, EVENT_COLUMNS, 'events cannot be read')
}

/** SQL of the reason in an event's detail: a text, or what a false reading was about, the login or the directions. */
function reasonIn(detail: string): string {
  return `coalesce(${detail} ->> 'reason', case when ${detail} ? 'login' then 'login' end,
      case jsonb_typeof(${detail} -> 'directions') when 'array' then
        (select string_agg(direction, ' and ') from jsonb_array_elements_text(${detail} -> 'directions') as d (direction))
      end)`
}
