/** Name of a daemon's connections in `pg_stat_activity`. Connections of commands and tools have other names. */
export const DAEMON_NAME = 'tikmeter'

/** Name of the connections for usage queries. */
export const API_NAME = 'tikmeter-api'

/** Name of the connections that watch for alerts. */
export const ALERTS_NAME = 'tikmeter-alerts'
