import { fromNow } from '../pg/instants.ts'

/*
 * What waits for what, on the row of a router's lease:
 *
 *                          lock                  a commit      a renewal     a taking
 *     a commit             for key share         -             -             waits
 *     a renewal, release   for no key update     -             waits         waits
 *     a taking             for update            waits         waits         waits
 *
 * So no taking comes between a commit's check and its end. Either it begins before the commit, which then finds another
 * epoch, or it ends after the commit, and the daemon that took the router loads what was committed. Renewals and commits
 * do not wait for each other. (The `update` at the end of a taking would not be enough: it changes no key, so a commit
 * would not wait for it.)
 *
 * All lock in the order of the tables' keys, so there is no deadlock. Each is one statement, a transaction of its own,
 * so a daemon that is paused holds a lease's row only during a commit. PostgreSQL evaluates rows that were waited for
 * again, with the time as it is then: a lease that was renewed meanwhile is not taken.
 */

const KEYS = 'unnest($1::text[], $2::text[]) as t (tenant_id, router_id)'
const ROW = 'l.tenant_id = t.tenant_id and l.router_id = t.router_id'
const ORDER = 'order by l.tenant_id, l.router_id'

/** Inserts rows for routers that have none, free to be taken. Parameters: tenants, routers. */
export const BEGIN_LEASES = {
  name: 'tikmeter_begin_leases',
  text: `insert into router_leases (tenant_id, router_id)
    select r.tenant_id, r.id from routers as r
    join ${KEYS} on r.tenant_id = t.tenant_id and r.id = t.router_id
    where not exists (select from router_leases as l where ${ROW})
    order by r.tenant_id, r.id on conflict do nothing`,
}

/**
 * Takes the leases that nobody holds, or that `owner` itself holds, unless it has a newer process. Parameters: tenants,
 * routers, owner, duration in milliseconds, incarnation.
 */
export const TAKE_LEASES = {
  name: 'tikmeter_take_leases',
  text: `with free as (
      select l.tenant_id, l.router_id, l.epoch from router_leases as l join ${KEYS} on ${ROW}
      where (l.owner = $3 or l.expires_at <= clock_timestamp())
        and not exists (select from daemons as d where d.id = $3 and d.incarnation > $5) ${ORDER} for update of l
    )
    update router_leases as l set owner = $3, epoch = t.epoch + 1, expires_at = ${fromNow('$4')}
    from free as t where ${ROW}
    returning l.tenant_id, l.router_id, l.epoch`,
}

const HELD = `with held as (
    select l.tenant_id, l.router_id from router_leases as l
    join unnest($1::text[], $2::int8[]) as t (key, epoch)
      on l.tenant_id = split_part(t.key, '/', 1) and l.router_id = split_part(t.key, '/', 2) and l.epoch = t.epoch
    where l.owner = $3 ${ORDER} for no key update of l
  )`

/** Prolongs the leases that nobody took. Parameters: router keys, epochs, owner, duration in milliseconds. */
export const RENEW_LEASES = {
  name: 'tikmeter_renew_leases',
  text: `${HELD} update router_leases as l set expires_at = ${fromNow('$4')} from held as t where ${ROW}
    returning l.tenant_id, l.router_id`,
}

/** Releases the leases that nobody took. Parameters: router keys, epochs, owner. */
export const RELEASE_LEASES = {
  name: 'tikmeter_release_leases',
  text: `${HELD} update router_leases as l set expires_at = '-infinity' from held as t where ${ROW}`,
}

/** Selects the newest process of a daemon, if it is newer than an incarnation. Parameters: owner, incarnation. */
export const NEWER = {
  name: 'tikmeter_newer_daemon',
  text: 'select host, started_at from daemons where id = $1 and incarnation > $2',
}
