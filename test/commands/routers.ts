import { routerId } from '../../src/accounting/ids.ts'
import type { RouterConfig } from '../../src/config/config.ts'
import { Secret } from '../../src/config/fields/secret.ts'

/** A router of a config with default values. */
export function routerConfig(more: Partial<RouterConfig> = {}): RouterConfig {
  return {
    id: routerId('hq'),
    name: undefined,
    host: '10.1.0.1',
    port: 8728,
    tls: undefined,
    username: 'usage',
    password: new Secret('secret'),
    services: ['hotspot', 'ppp'],
    enabled: true,
    schedule: '*/5 * * * * *',
    timeoutMs: 10_000,
    plausibleBitsPerSecond: 10_000_000_000,
    stalledAfterMs: 900_000,
    maxSessions: 20_000,
    newSessionsPerHour: 80_000,
    hotspotDomain: 'part',
    ...more,
  }
}
