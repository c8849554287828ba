import { Calendar } from '../../src/accounting/calendar.ts'
import type { TenantId } from '../../src/accounting/ids.ts'
import { JwtVerifier, signToken } from '../../src/auth/tokens.ts'
import type { Config } from '../../src/config/config.ts'
import { Secret } from '../../src/config/fields/secret.ts'
import { Serving, type ServingOptions } from '../../src/daemon/serving.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { Metrics } from '../../src/runtime/metrics.ts'
import { SERVER } from '../feed/default-server.ts'
import { acme, FakeSource, globex, SECRET, silent } from '../feed/feed-fixture.ts'
import { onlySecret } from '../feed/token-rules.ts'
import { rethrow } from '../runtime/rethrow.ts'

export const KEY = 'tikmeter-key'
const INTERVAL_MS = 200
const CALENDAR = new Calendar('UTC')

/** The tenants' numbers for `Serving`. */
export class Board extends FakeSource {
  calendar(tenant: TenantId): Calendar | undefined {
    return this.tenants().includes(tenant) ? CALENDAR : undefined
  }
}

function nobodyAsks(): Promise<never> {
  return Promise.reject(new Error('there are no tables'))
}

/** Everything that dashboards connect to, assembled as in the daemon, with two tenants and five snapshots a second. */
export function pusherServing(options: {
  readonly port: number
  readonly origins: readonly string[]
}): Serving {
  return servingOf({ ...options, pusher: { key: KEY, secret: new Secret('the secret of the app') } })
}

/** The same without `pusher` in the config. */
export function plainServing(): Serving {
  return servingOf({ port: 0, origins: [], pusher: undefined })
}

/** @param more overrides the defaults */
export function servingOf(
  {
    port,
    origins,
    pusher,
  }: {
    readonly port: number
    readonly origins: readonly string[]
    readonly pusher: Config['pusher']
  },
  more: Partial<ServingOptions> = {},
): Serving {
  const clock = systemClock
  return new Serving({
    config: {
      server: { ...SERVER, port, origins },
      snapshots: { intervalMs: INTERVAL_MS },
      pusher,
    },
    board: new Board(acme, globex),
    usage: { page: nobodyAsks, all: nobodyAsks },
    replica: undefined,
    alerts: { recent: () => [] },
    verifier: new JwtVerifier({ rules: onlySecret(SECRET), clock, log: silent }),
    readiness: {
      database: () => 'up',
      pollers: () => 'running',
      journal: () => 'writing',
      bus: () => undefined,
      replica: () => undefined,
    },
    routers: () => 0,
    ...{ metrics: new Metrics(), clock, log: silent },
    onBug: rethrow,
    ...more,
  })
}

export function tokenOf(who: 'acme' | 'globex' | 'admin'): Promise<string> {
  const expiresAt = new Date(Date.now() + 3_600_000)
  const tenants = { acme, globex }
  return signToken(
    who === 'admin' ? { kind: 'admin', expiresAt } : { kind: 'tenant', tenant: tenants[who], expiresAt },
    SECRET,
  )
}
