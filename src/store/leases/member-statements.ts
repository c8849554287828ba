import { fromNow } from '../pg/instants.ts'

/** For how long the list of a daemon that is not heard of still counts: longer than an upgrade takes. */
export const LISTED_FOR = `interval '1 hour'`

/** The daemons that were seen lately. Parameter: this daemon's id. */
export const MEMBERS = {
  name: 'tikmeter_members',
  text: `select id, host, version, share, routers, sessions::float8 as sessions, list_digest, started_at, seen_at,
      expires_at > clock_timestamp() as is_live,
      case when expires_at > clock_timestamp()
        then extract(epoch from expires_at - clock_timestamp()) * 1000 else 0 end::float8 as left_ms
    from tik.daemons where id = $1 or seen_at > clock_timestamp() - ${LISTED_FOR} order by id`,
}

/** Renews a daemon's row, unless a newer process has its id. */
export const RENEW_MEMBER = {
  name: 'tikmeter_renew_member',
  text: `update tik.daemons set version = $3, share = $4, routers = $5, sessions = $6, seen_at = clock_timestamp(),
      expires_at = ${fromNow('$7')}
    where id = $1 and incarnation = $2`,
}

export const LEAVE = {
  name: 'tikmeter_leave',
  text: `update tik.daemons set routers = 0, sessions = 0, seen_at = clock_timestamp(), expires_at = '-infinity'
    where id = $1 and incarnation = $2`,
}

/** What daemons list. Parameter: their ids. */
export const LISTS = {
  name: 'tikmeter_daemon_lists',
  text: 'select daemon_id, tenant_id, digest, routers from tik.daemon_lists where daemon_id = any($1)',
}

export const LOADS = {
  name: 'tikmeter_router_loads',
  text: `select tenant_id, router_id, sessions, case when expires_at > clock_timestamp() then owner end as owner
    from tik.router_leases`,
}
