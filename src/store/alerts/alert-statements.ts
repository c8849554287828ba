import type { SessionAlertKind } from '../../accounting/alert.ts'
import { OTHERS } from '../../accounting/limits/others.ts'
import { isoOf } from '../pg/instants.ts'

/*
 * Each statement fires the alerts that are due and inserts their deliveries, so that there is neither without the other.
 * It first filters out what has fired, which is cheap. If two daemons look at the same moment, the tables' unique keys
 * make each alert fire once: the second daemon waits at the tenant's row before it inserts, and leaves a gap in the
 * tenant's numbers.
 */

/** A prepared statement of `pg`. */
export interface PreparedStatement {
  readonly name: string
  readonly text: string
}

/** The rest fires the next time: a mistyped threshold must not insert a million rows at once. */
const MOST_AT_ONCE = 1_000

/**
 * How many alerts about the subscribers of one router are sent in a minute. More of them fire like all others and can be
 * queried, but are not sent one by one: one alert of kind `more` has their count.
 */
const SENT_A_MINUTE = 200
/** Besides the fields of its kind, `detail` of an alert about a subscriber has `source`, its router, and `untold` if it is not sent. */
const IS_SENT = `not detail ? 'untold'`

const ONCE = `not exists (select from tik.alerts as a where a.tenant_id = $1 and a.rule = d.rule and a.scope = d.scope
        and a.subject = d.subject and a.period = d.period)`

/** @param due name of the rows with rule, scope, subject, period, detail, and `source`: the router, or null */
function firing(kind: string, due: string, isNew = ONCE): string {
  const order = 'order by d.rule, d.scope, d.subject, d.period'
  return `recent as materialized (
      select detail ->> 'source' as source, count(*) as sent from tik.alerts
      where tenant_id = $1 and changed_at > now() - interval '1 minute' and detail ? 'source' and ${IS_SENT} group by 1
    ), fresh as materialized (
      select d.*, row_number() over (${order}) as place, d.source is not null and ${SENT_A_MINUTE} <
          row_number() over (partition by d.source ${order}) + coalesce(r.sent, 0) as is_unsent
      from ${due} as d left join recent as r using (source) where ${isNew} order by place limit ${MOST_AT_ONCE}
    ), amount as (
      select count(*) + count(distinct (rule, source)) filter (where is_unsent) as all from fresh
    ), numbers as (
      update tik.tenants set last_alert = last_alert + a.all from amount as a
      where id = $1 and a.all > 0 returning last_alert - a.all as base
    ), fired as (
      insert into tik.alerts (tenant_id, number, rule, kind, scope, subject, period, detail)
      select $1, n.base + d.place, d.rule, '${kind}', d.scope, d.subject, d.period, d.detail ||
        jsonb_strip_nulls(jsonb_build_object('source', d.source, 'untold', case when d.is_unsent then true end))
      from fresh as d cross join numbers as n order by d.place
      on conflict do nothing returning id, rule, detail
    ), rest as (
      select rule, detail ->> 'source' as source, count(*) as count, row_number() over (order by 1, 2) as place
      from fired where not (${IS_SENT}) group by 1, 2
    ), more as (
      insert into tik.alerts (tenant_id, number, rule, kind, scope, subject, period, detail)
      select $1, n.base + (select count(*) from fresh) + r.place, r.rule, 'more', 'router', r.source,
        ${isoOf('now()')}, jsonb_build_object('count', r.count)
      from rest as r cross join numbers as n
      on conflict do nothing returning id, rule, detail
    ), all_sent as (
      select id, rule from fired where ${IS_SENT} union all select id, rule from more
    ), ${deliveries('all_sent', 'fired')}
    select (select count(*) from fired)::int + (select count(*) from more)::int as count`
}

function deliveries(changed: string, event: string): string {
  return `delivered as (
      insert into tik.alert_deliveries (alert_id, tenant_id, webhook, event)
      select c.id, $1, h.webhook, '${event}' from ${changed} as c join hooks as h on h.rule = c.rule
    )`
}

const HOOKS = 'hooks as (select * from unnest($2::text[], $3::text[]) as h (webhook, rule))'

/**
 * Fires for subjects that used as much as a rule says, except `(others)`. Parameters: tenant; webhooks and rules, in
 * pairs; for each rule and span: rule, scope, period, first and last day, usual threshold and quota, or null; for each
 * limit of a single subject: rule, subject, threshold, quota.
 */
export const FIRE_USAGE = {
  name: 'tikmeter_fire_usage',
  text: `with ${HOOKS}, rules as (
      select * from unnest($4::text[], $5::text[], $6::text[], $7::date[], $8::date[], $9::int8[], $10::int8[])
        as r (rule, scope, period, from_day, to_day, threshold, quota)
    ), particular as (
      select * from unnest($11::text[], $12::text[], $13::int8[], $14::int8[]) as p (rule, subject, threshold, quota)
    ), spans as (
      select scope, from_day, to_day,
        least(min(r.threshold), (select min(p.threshold) from particular as p)) as least_threshold
      from rules as r group by scope, from_day, to_day
    ), used as materialized (
      select s.scope, s.from_day, s.to_day, u.subject, u.used, u.source from spans as s cross join lateral (
        select username as subject, sum(upload + download) as used, min(router_id collate "C") as source from tik.usage_daily
          where s.scope = 'user' and tenant_id = $1 and day between s.from_day and s.to_day
            and username <> '${OTHERS}' group by username
        union all
        select router_id, sum(upload + download), null from tik.tenant_usage_daily
          where s.scope = 'router' and tenant_id = $1 and day between s.from_day and s.to_day group by router_id
        union all
        select $1, sum(upload + download), null from tik.tenant_usage_daily
          where s.scope = 'tenant' and tenant_id = $1 and day between s.from_day and s.to_day
      ) as u where u.used >= s.least_threshold
    ), over as (
      select r.rule, r.scope, u.subject, r.period, u.source, jsonb_build_object('used', u.used,
          'threshold', coalesce(p.threshold, r.threshold),
          'quota', case when p.rule is null then r.quota else p.quota end) as detail
      from rules as r join used as u using (scope, from_day, to_day)
      left join particular as p on p.rule = r.rule and p.subject = u.subject
      where u.used >= coalesce(p.threshold, r.threshold)
    ), ${firing('usage', 'over')}`,
}

/**
 * Fires for silent routers without an open outage. Parameters: tenant; webhooks and rules, in pairs; for each rule and
 * router: rule, router, when it fell silent, last reading or null, error or null.
 */
export const FIRE_OUTAGES = {
  name: 'tikmeter_fire_outages',
  text: `with ${HOOKS}, silent as (
      select rule, 'router' as scope, subject, period, null as source,
        jsonb_build_object('last_reading_at', last_reading_at, 'error', error) as detail
      from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
        as s (rule, subject, period, last_reading_at, error)
    ), ${firing(
      'router_offline',
      'silent',
      `${ONCE} and not exists (select from tik.alerts as a where a.tenant_id = $1 and a.rule = d.rule
        and a.subject = d.subject and a.kind = 'router_offline' and a.ended_at is null)`,
    )}`,
}

/** Selects tenants with an outage that has not ended. Parameters: tenants. */
export const OPEN_OUTAGES = {
  name: 'tikmeter_open_outages',
  text: `select distinct tenant_id from tik.alerts
    where kind = 'router_offline' and ended_at is null and tenant_id = any($1::text[])`,
}

/**
 * Ends the outages of routers that are read again, or are no longer read on purpose. Parameters: tenant; webhooks and
 * rules, in pairs; for each router: its id, and its last reading in ISO 8601, or null if it is not to be read.
 */
export const END_OUTAGES = {
  name: 'tikmeter_end_outages',
  text: `with ${HOOKS}, over as (
      update tik.alerts as a set ended_at = now(), changed_at = now()
      where a.tenant_id = $1 and a.kind = 'router_offline' and a.ended_at is null and (
        exists (
          select from unnest($4::text[], $5::timestamptz[]) as r (router, last_reading_at)
          where r.router = a.subject and coalesce(r.last_reading_at > a.period::timestamptz, true)
        ) or exists (
          select from tik.routers as r where r.tenant_id = $1 and r.id = a.subject and r.removed_at is not null
        ))
      returning a.id, a.rule
    ), ${deliveries('over', 'ended')}
    select count(*)::int as count from over`,
}

/**
 * Fires for sessions with an event in the ledger. Parameters: tenant; webhooks and rules, in pairs; for each rule and
 * day: rule, scope, day, the day's first instant and the one after its last.
 * @param event the kind of `ledger_events`
 */
function firingOfSessions(kind: SessionAlertKind, event: 'stall' | 'uncounted'): PreparedStatement {
  const text = `with ${HOOKS}, rules as (
      select * from unnest($4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
        as r (rule, scope, period, from_at, until_at)
    ), reported as (
      select distinct on (r.rule, r.scope, subject, r.period) r.rule, r.scope,
        case r.scope when 'user' then e.detail ->> 'username' else e.router_id end as subject, r.period,
        case r.scope when 'user' then e.router_id end as source,
        jsonb_build_object('router', e.router_id, 'username', e.detail -> 'username',
          'session_id', e.detail -> 'session_id', 'service', e.detail -> 'service') as detail
      from rules as r join tik.ledger_events as e
        on e.tenant_id = $1 and e.kind = '${event}' and e.at >= r.from_at and e.at < r.until_at
      order by r.rule, r.scope, subject, r.period, e.at, e.id
    ), ${firing(kind, 'reported')}`
  return { name: `tikmeter_fire_${kind}`, text }
}

export const FIRE_SESSIONS: Readonly<Record<SessionAlertKind, PreparedStatement>> = {
  session_stalled: firingOfSessions('session_stalled', 'stall'),
  session_uncounted: firingOfSessions('session_uncounted', 'uncounted'),
}

export const ALERT = `tenant_id, number as id, rule, kind, scope, subject, period, detail,
    ${isoOf('fired_at')} as fired_at, ${isoOf('ended_at')} as ended_at`

/** Selects the newest sent alerts. Parameters: tenants; how many for each. */
export const RECENT_OF = {
  name: 'tikmeter_recent_alerts',
  text: `select ${ALERT} from unnest($1::text[]) as t (tenant)
    cross join lateral (select * from tik.alerts as a where a.tenant_id = t.tenant and ${IS_SENT} order by a.number desc limit $2) as a
    order by tenant_id, number`,
}

/** Summing a month of a million subscribers takes minutes. */
export const ALERT_STATEMENT_MS = 600_000
/** Rows have the time at which their statement began, and can be seen only when it is done, minutes later. */
const UNDER_WAY = `interval '${ALERT_STATEMENT_MS + 60_000} milliseconds'`

/** Selects sent alerts that may have fired or ended since. Parameters: tenants; an instant of `NOW`. */
export const CHANGED_SINCE = {
  name: 'tikmeter_changed_alerts',
  text: `select ${ALERT} from tik.alerts where tenant_id = any($1::text[]) and changed_at >= $2::timestamptz - ${UNDER_WAY}
      and ${IS_SENT} order by tenant_id, number`,
}

/** Selects the time of the database's clock, which all daemons share. */
export const NOW = { name: 'tikmeter_now', text: `select now()::text as now` }
