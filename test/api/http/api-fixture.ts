import { type IncomingHttpHeaders, request } from 'node:http'
import { pino } from 'pino'
import { routerId, type TenantId, tenantId } from '../../../src/accounting/ids.ts'
import { createApi } from '../../../src/api/http/api.ts'
import { Bearers } from '../../../src/api/http/bearers.ts'
import { type Route, webSocketRoute } from '../../../src/api/http/routes.ts'
import { HttpServer, type HttpServerOptions } from '../../../src/api/http/server.ts'
import type { StrangersOptions } from '../../../src/api/http/strangers.ts'
import { dashboardRoutes, type StatsSource } from '../../../src/api/pages/dashboard-stats.ts'
import { healthRoutes, type Readiness } from '../../../src/api/pages/health.ts'
import type { Grant, Refusal, TokenVerifier } from '../../../src/auth/bearer.ts'
import { NO_TOTALS, type Snapshot, statsOf, type Totals } from '../../../src/live/snapshot.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { strangersOf } from './ample-strangers.ts'

export const START = new Date('2026-11-24T10:00:00Z')
export const silent = pino({ level: 'silent' })
export const acme = tenantId('acme')
export const globex = tenantId('globex')
export const initech = tenantId('initech')

/** `acme`, `globex` and `initech` are the tokens of these tenants, `admin` is an admin's, and `later` cannot be verified now. */
export const verifier: TokenVerifier = {
  async verify(token): Promise<Grant | Refusal> {
    const expiresAt = new Date(START.getTime() + 3_600_000)
    if (token === 'admin') return { kind: 'admin', expiresAt }
    if (token === 'later') return { kind: 'unverifiable', reason: "the token issuer's keys are unavailable" }
    if (!['acme', 'globex', 'initech'].includes(token)) {
      return { kind: 'refused', reason: 'the token is not valid' }
    }
    return { kind: 'tenant', tenant: tenantId(token), expiresAt }
  },
}

/** acme has uploaded 1 GB, globex 2 GB. Each has one router online and one session. */
export const source: StatsSource = {
  tenants: () => [acme, globex],
  totals,
  snapshot(tenant, now): Snapshot {
    const stats = statsOf(totals(tenant), { day: '2026-11-24', timezone: 'Africa/Nairobi' }, now)
    const router = {
      id: routerId('hq'),
      name: 'HQ',
      state: 'online' as const,
      last_reading_at: null,
      hotspot: 0,
      ppp: 1,
      uncounted: 0,
      missing_menus: [],
      error: null,
    }
    return { tenant, asOf: now, stats, routers: [router] }
  },
}

function totals(tenant: TenantId): Totals {
  const moved = { upload: tenant === acme ? 1024n ** 3n : 2n * 1024n ** 3n, download: 0n }
  return {
    ...NO_TOTALS,
    total: moved,
    month: moved,
    today: moved,
    activeSessions: 1,
    subscribers: [{ name: 'ppp', usersField: 'pppoe_users', online: 1 }],
    routers: ['online'],
  }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** The API on its own port. */
export class TestApi {
  readonly clock = new HandClock(START)
  readonly server: HttpServer

  constructor(
    options: {
      readonly origins?: readonly string[]
      readonly readiness?: Readiness
      readonly routes?: readonly Route[]
      readonly server?: Partial<HttpServerOptions>
      readonly strangers?: Partial<StrangersOptions>
    } = {},
  ) {
    const readiness: Readiness = options.readiness ?? {
      database: () => 'up',
      pollers: () => 'running',
      journal: () => 'writing',
      bus: () => undefined,
      replica: () => undefined,
    }
    const strangers = strangersOf(this.clock, options.strangers)
    const { origins = [], routes: more = [] } = options
    const usual = [
      ...healthRoutes(readiness),
      ...dashboardRoutes(source, this.clock),
      webSocketRoute('/ws', []),
    ]
    const routes = [...usual.filter(({ path }) => !more.some(it => it.path === path)), ...more]
    const bearers = new Bearers(verifier)
    const api = createApi({
      ...{ routes, verifier, bearers, origins, strangers, log: silent },
      strictTransportMs: () => undefined,
    })
    this.server = new HttpServer({
      at: { kind: 'port', host: '127.0.0.1', port: 0, block: 'server' },
      tls: undefined,
      api,
      upgrades: new Map(),
      connections: strangers.connections,
      clock: this.clock,
      log: silent,
      ...options.server,
    })
  }

  async start(): Promise<this> {
    await this.server.start()
    return this
  }

  async stop(): Promise<void> {
    await this.server.stop()
  }

  /** Sends a request with a token, `''` for none. */
  ask(
    path: string,
    token: string,
    options: {
      readonly method?: string
      readonly headers?: Record<string, string>
      readonly body?: string
    } = {},
  ): Promise<Answer> {
    const authorization = token === '' ? {} : { Authorization: `Bearer ${token}` }
    const headers = { ...authorization, ...options.headers }
    return ask(this.server.port, path, options.method ?? 'GET', headers, options.body ?? '')
  }
}

function ask(
  port: number | undefined,
  path: string,
  method: string,
  headers: Record<string, string>,
  body: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
