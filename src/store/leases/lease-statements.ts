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
/** An end that is over also after it was rounded to milliseconds. */
const EXPIRED = `clock_timestamp() - interval '1 millisecond'`

/** Inserts rows for routers that have none, free to be taken. Parameters: tenants, routers. */
export const BEGIN_LEASES = {
  name: 'tikmeter_begin_leases',
  text: `insert into tik.router_leases (tenant_id, router_id, expires_at)
    select r.tenant_id, r.id, ${EXPIRED} from tik.routers as r
    join ${KEYS} on r.tenant_id = t.tenant_id and r.id = t.router_id
    where not exists (select from tik.router_leases as l where ${ROW})
    order by r.tenant_id, r.id on conflict do nothing`,
}

/**
 * Takes the leases that nobody holds, or that `owner` itself holds, unless it has a newer process. Parameters: tenants,
 * routers, owner, duration in milliseconds, incarnation, and epochs for which the new ones must be too great.
 */
export const TAKE_LEASES = {
  name: 'tikmeter_take_leases',
  text: `with free as (
      select l.tenant_id, l.router_id, greatest(l.epoch, t.epoch) as epoch from tik.router_leases as l
      join unnest($1::text[], $2::text[], $6::int8[]) as t (tenant_id, router_id, epoch) on ${ROW}
      where (l.owner = $3 or l.expires_at <= clock_timestamp())
        and not exists (select from tik.daemons as d where d.id = $3 and d.incarnation > $5) ${ORDER} for update of l
    )
    update tik.router_leases as l set owner = $3, epoch = t.epoch + 1, expires_at = ${fromNow('$4')}, is_offered = false
    from free as t where ${ROW}
    returning l.tenant_id, l.router_id, l.epoch`,
}

/** The leases that nobody took. Parameters: router keys, epochs, owner, and one value for each router. */
function held(value: string): string {
  return `with held as (
    select l.tenant_id, l.router_id, t.value from tik.router_leases as l
    join unnest($1::text[], $2::int8[], $4::${value}[]) as t (key, epoch, value)
      on l.tenant_id = split_part(t.key, '/', 1) and l.router_id = split_part(t.key, '/', 2) and l.epoch = t.epoch
    where l.owner = $3 and not l.is_offered ${ORDER} for no key update of l
  )`
}

/**
 * Prolongs the leases that nobody took. The stored load of a router stays until it is wrong by more than a tenth, so that
 * small changes move nothing. Parameters: router keys, epochs, owner, sessions, duration in milliseconds.
 */
export const RENEW_LEASES = {
  name: 'tikmeter_renew_leases',
  text: `${held('int4')} update tik.router_leases as l set expires_at = ${fromNow('$5')},
      sessions = case when abs(t.value - l.sessions) * 10 > l.sessions then t.value else l.sessions end
    from held as t where ${ROW} returning l.tenant_id, l.router_id`,
}

/**
 * Releases the leases that nobody took: to a successor, which has them for one duration although it has not taken them
 * yet, or to anybody. Parameters: router keys, epochs, owner, successors, duration in milliseconds.
 */
export const RELEASE_LEASES = {
  name: 'tikmeter_release_leases',
  text: `${held('text')} update tik.router_leases as l set owner = coalesce(t.value, l.owner), is_offered = t.value is not null,
      expires_at = case when t.value is null then ${EXPIRED} else ${fromNow('$5')} end
    from held as t where ${ROW}`,
}

/** The leases that were released to a daemon and not taken yet. */
export const OFFERS = {
  name: 'tikmeter_lease_offers',
  text: 'select tenant_id, router_id, owner from tik.router_leases where is_offered',
}

/** The leases of a daemon. Parameter: owner. */
export const LEFT = {
  name: 'tikmeter_leases_left',
  text: 'select tenant_id, router_id from tik.router_leases where owner = $1',
}

/** The leases that expired long ago. Parameter: for how long, in milliseconds. */
export const ORPHANS = {
  name: 'tikmeter_lease_orphans',
  text: `select tenant_id, router_id from tik.router_leases
    where expires_at < clock_timestamp() - $1::float8 * interval '1 millisecond'`,
}

/** Selects the newest process of a daemon, if it is newer than an incarnation. Parameters: owner, incarnation. */
export const NEWER = {
  name: 'tikmeter_newer_daemon',
  text: 'select host, started_at from tik.daemons where id = $1 and incarnation > $2',
}
