/** Debian's configuration, whose dictionaries, policies and queries are used unchanged. */
export const RADDB = '/etc/freeradius/3.0'

export const RADIUS_SECRET = 'bench-secret'

export interface RadiusPlace {
  /** A folder for its configuration, log and pid. */
  readonly folder: string
  /** The loopback port that it listens on. */
  readonly port: number
  readonly database: {
    readonly host: string
    readonly port: string
    readonly user: string
    readonly password: string
  }
}

/**
 * FreeRADIUS as Debian configures it, reduced to accounting, and with the database enabled: the sections of Debian's
 * default site, with their modules, threads and connections.
 */
export function radiusConfig({ folder, port, database }: RadiusPlace): string {
  return `
prefix = /usr
raddbdir = ${folder}
confdir = ${RADDB}
modconfdir = ${RADDB}/mods-config
logdir = ${folder}
radacctdir = ${folder}/radacct
run_dir = ${folder}
libdir = /usr/lib/freeradius
pidfile = ${folder}/freeradius.pid
max_requests = 16384
log {
  destination = files
  file = ${folder}/radius.log
}
security {
  max_attributes = 200
}
proxy_requests = no
client bench {
  ipaddr = 127.0.0.1
  secret = ${RADIUS_SECRET}
}
thread pool {
  start_servers = 5
  max_servers = 32
  min_spare_servers = 3
  max_spare_servers = 10
  max_requests_per_server = 0
}
modules {
  $INCLUDE ${RADDB}/mods-available/always
  $INCLUDE ${RADDB}/mods-available/attr_filter
  $INCLUDE ${RADDB}/mods-available/detail
  $INCLUDE ${RADDB}/mods-available/exec
  $INCLUDE ${RADDB}/mods-available/expr
  $INCLUDE ${RADDB}/mods-available/files
  $INCLUDE ${RADDB}/mods-available/preprocess
  $INCLUDE ${RADDB}/mods-available/realm
  $INCLUDE ${RADDB}/mods-available/unix
  sql {
    dialect = "postgresql"
    driver = "rlm_sql_postgresql"
    server = "${database.host}"
    port = ${database.port}
    login = "${database.user}"
    password = "${database.password}"
    radius_db = "${RADIUS_DATABASE}"
    acct_table1 = "radacct"
    acct_table2 = "radacct"
    postauth_table = "radpostauth"
    authcheck_table = "radcheck"
    groupcheck_table = "radgroupcheck"
    authreply_table = "radreply"
    groupreply_table = "radgroupreply"
    usergroup_table = "radusergroup"
    client_table = "nas"
    group_attribute = "SQL-Group"
    pool {
      start = 5
      min = 3
      max = 32
      spare = 10
      uses = 0
      lifetime = 0
      idle_timeout = 60
    }
    $INCLUDE \${modconfdir}/sql/main/postgresql/queries.conf
  }
}
policy {
  $INCLUDE ${RADDB}/policy.d/accounting
}
server bench {
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${port}
  }
  preacct {
    preprocess
    acct_unique
    suffix
    files
  }
  accounting {
    detail
    unix
    sql
    exec
    attr_filter.accounting_response
  }
}
`
}

export const RADIUS_DATABASE = 'radius'
export const RADIUS_SCHEMA = `${RADDB}/mods-config/sql/main/postgresql/schema.sql`
