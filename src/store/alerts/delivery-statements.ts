import { fromNow } from '../pg/instants.ts'
import { ALERT } from './alert-statements.ts'

/*
 * A claim makes a delivery due later. If the daemon that claimed it dies, the delivery becomes due again by itself. Only
 * the first pending delivery of a webhook is ever claimed, due or not, so no two are under way to one webhook, and none
 * overtakes another.
 *
 *     pending, due    ──claim──▶ pending, due when the claim ends; one more attempt
 *     that attempt    ──settle─▶ delivered, dead, or pending and due at another time
 *     a later attempt ──settle─▶ no change
 */

const DUE = `d.status = 'pending' and d.next_attempt_at <= clock_timestamp()`

/**
 * A second daemon that claims at the same moment skips these rows, and finds them claimed the next time. Parameters:
 * tenants and webhooks, in pairs, the most urgent first; how many at most; the duration of the claim in milliseconds.
 */
export const CLAIM_DELIVERIES = {
  name: 'tikmeter_claim_deliveries',
  text: `with first as materialized (
      select d.id, w.place from unnest($1::text[], $2::text[]) with ordinality as w (tenant_id, webhook, place)
      cross join lateral (
        select d.id, d.status, d.next_attempt_at from tik.alert_deliveries as d
        where d.tenant_id = w.tenant_id and d.webhook = w.webhook and d.status = 'pending'
        order by d.position limit 1
      ) as d where ${DUE}
    ), due as (
      select d.id from tik.alert_deliveries as d join first as f on f.id = d.id where ${DUE}
      order by f.place limit $3 for update of d skip locked
    ), claimed as (
      update tik.alert_deliveries as d set attempts = d.attempts + 1, next_attempt_at = ${fromNow('$4')}
      from due as t where d.id = t.id returning d.*
    )
    select c.id as delivery, c.webhook, c.event, c.attempts,
      extract(epoch from clock_timestamp() - case c.event when 'fired' then a.fired else a.ended end)::float8 * 1000
        as age_ms, a.*
    from claimed as c
    join (
      select ${ALERT}, alerts.id as key, fired_at as fired, coalesce(ended_at, fired_at) as ended from tik.alerts
    ) as a on a.key = c.alert_id`,
}

/**
 * Parameters: id; attempts as claimed; the new status; when it is due, in milliseconds from now, if it stays pending; the
 * error, or null.
 */
export const SETTLE_DELIVERY = {
  name: 'tikmeter_settle_delivery',
  text: `update tik.alert_deliveries set status = $3, last_error = $5,
      next_attempt_at = case when $3 = 'pending' then ${fromNow('$4')} else next_attempt_at end,
      settled_at = case when $3 = 'pending' then null else clock_timestamp() end
    where id = $1 and attempts = $2 and status = 'pending'`,
}

/** Another daemon's config may still have the webhook, until both have loaded the change. */
const KNOWN_TO_NOBODY = `interval '1 hour'`

/**
 * A daemon that knows a webhook keeps its first delivery from being due for long. Those behind it may be due for long,
 * so a webhook is unknown only if all of its deliveries are. Parameters: tenants; tenants and webhooks, in pairs, that
 * are known; the error.
 */
export const BURY_DELIVERIES = {
  name: 'tikmeter_bury_deliveries',
  text: `with gone as (
      select d.tenant_id, d.webhook from tik.alert_deliveries as d
      where d.status = 'pending' and d.tenant_id = any($1::text[])
        and (d.tenant_id, d.webhook) not in (select * from unnest($2::text[], $3::text[]))
      group by d.tenant_id, d.webhook having max(d.next_attempt_at) < clock_timestamp() - ${KNOWN_TO_NOBODY}
    ), due as (
      select d.id from tik.alert_deliveries as d join gone as g on g.tenant_id = d.tenant_id and g.webhook = d.webhook
      where d.status = 'pending' and d.next_attempt_at < clock_timestamp() - ${KNOWN_TO_NOBODY}
      for update of d skip locked
    ), buried as (
      update tik.alert_deliveries as d set status = 'dead', last_error = $4, settled_at = clock_timestamp()
      from due as t where d.id = t.id returning d.tenant_id, d.webhook
    )
    select tenant_id, webhook, count(*)::int as deliveries from buried group by tenant_id, webhook`,
}
