/** How a daemon's connections are told from those of other commands and tools, in `pg_stat_activity`. */
export const DAEMON_NAME = 'tikmeter'

/** Those on which a daemon answers who asks for usage. */
export const API_NAME = 'tikmeter-api'

/** Those on which it watches for alerts. */
export const ALERTS_NAME = 'tikmeter-alerts'
