import { READ_LIMITS } from '../../src/api/usage/read-limits.ts'
import type { Config } from '../../src/config/config.ts'
import { FEED_LIMITS } from '../../src/feed/limits.ts'
import { AMPLE_LIMITS } from '../api/http/ample-strangers.ts'

/** Default values of `server`, on any free port, with ample limits per address. */
export const SERVER: Config['server'] = {
  ...{ host: '127.0.0.1', port: 0, origins: [], trustedProxies: [], dashboard: false, tls: undefined },
  metrics: { at: undefined, token: undefined },
  limits: { ...FEED_LIMITS, ...READ_LIMITS, ...AMPLE_LIMITS },
}
