import { READ_LIMITS } from '../../src/api/usage/read-limits.ts'
import type { Config } from '../../src/config/config.ts'
import { FEED_LIMITS } from '../../src/feed/limits.ts'
import { AMPLE_LIMITS } from '../api/http/ample-strangers.ts'

/** `server` of a config that leaves it to the defaults, on any free port, but for limits by address, which are ample. */
export const SERVER: Config['server'] = {
  ...{ host: '127.0.0.1', port: 0, origins: [], trustedProxies: [], dashboard: false, tls: undefined },
  metrics: { at: undefined, token: undefined },
  limits: { ...FEED_LIMITS, ...READ_LIMITS, ...AMPLE_LIMITS },
}
