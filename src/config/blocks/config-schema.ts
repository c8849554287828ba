import * as z from 'zod'
import { routerId, tenantId } from '../../accounting/ids.ts'
import { DEFAULT_SERVICES, SERVICE_NAMES } from '../../services/services.ts'
import { certificates, fingerprint } from '../fields/certificate.ts'
import { type Checked, right } from '../fields/checked.ts'
import { configId } from '../fields/config-id.ts'
import { schedule } from '../fields/cron-schedule.ts'
import { isPostgresUrl, schemaName } from '../fields/database-url.ts'
import { block, field, list } from '../fields/field.ts'
import { host, network, origin } from '../fields/network-address.ts'
import { duration, interval, rate, size } from '../fields/quantity.ts'
import { path } from '../fields/readable-file.ts'
import { boolean, instant, number, oneOf, text, textMatching, wholeNumber } from '../fields/scalar.ts'
import { isNotEmpty, secret } from '../fields/secret-field.ts'
import { serverTls } from '../fields/server-tls.ts'
import { timezone } from '../fields/timezone.ts'
import { type Environment, numberWithVariables, withVariables } from '../fields/variables.ts'
import { written } from '../fields/written.ts'
import { filePattern } from '../include/file-pattern.ts'
import { alert } from './alerts-block.ts'
import { auth } from './auth-block.ts'
import { bus } from './bus-block.ts'
import { hasOwnPort, metrics } from './metrics-block.ts'
import { publish } from './publish-block.ts'
import { quota } from './quotas-block.ts'
import { smtp } from './smtp-block.ts'
import { mailList, webhook } from './webhooks-block.ts'

/** The default of `server.host`: a container's image sets it, because nobody reaches 127.0.0.1 in a container. */
const HOST_VARIABLE = 'TIKMETER_HOST'
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
const HOTSPOT_DOMAINS = ['part', 'ignore'] as const
/** Sessions of one router: more than any router has. */
const sessionCount = wholeNumber(1, 10_000_000)
/** Each stream holds one of the eight connections for usage queries, and pages need some too. */
const MOST_STREAMS = 4
const BUCKETS = { '1m': 60_000, '5m': 300_000, '15m': 900_000 }

/** The schema of the file. `env` resolves `${NAME}`. */
export function configSchema(env: Environment) {
  return block(
    {
      include: list(field(filePattern), 'files such as [routers.d/*.yaml]').default([]),
      database: databaseSchema(env),
      bus: bus(env).optional(),
      daemon: block({ share: field(number(0, 1_000)).default(1) }).prefault({}),
      poll: block(
        {
          schedule: field(schedule).default('*/5 * * * * *'),
          spread: field(boolean).default(true),
          listen: field(boolean).default(true),
          concurrency: field(wholeNumber(1, 10_000)).default(64),
          timeout: field(interval).prefault('10s'),
          stale_after: field(duration).prefault('60s'),
        },
        {
          elsewhere: {
            plausible_rate: 'the top of the file',
            stalled_after: 'the top of the file',
            hotspot_domain: 'the top of the file',
            max_sessions: 'the top of the file',
            new_sessions_per_hour: 'the top of the file',
          },
        },
      ).prefault({}),
      commit: block({ interval: field(interval).prefault('30s') }).prefault({}),
      lease: block({ duration: field(interval).prefault('15s') }).prefault({}),
      journal: journalSchema(env),
      server: block({
        host: field(host).prefault(env[HOST_VARIABLE] ?? '127.0.0.1'),
        port: field(numberWithVariables(env, wholeNumber(0, 65_535))).default(8090),
        origins: list(field(origin), 'origins such as ["https://panel.example"]').default([]),
        trusted_proxies: list(field(network), 'addresses or networks such as [127.0.0.1]').default([]),
        limits: block({
          connections_per_address: field(wholeNumber(1, 1_000_000)).default(1000),
          connections_per_tenant: field(wholeNumber(1, 1_000_000)).default(1000),
          address_requests_per_second: field(wholeNumber(1, 1_000_000)).default(50),
          requests_at_once: field(wholeNumber(1, 1_000_000)).default(60),
          requests_per_second: field(wholeNumber(1, 1_000_000)).default(10),
          streams_per_tenant: field(wholeNumber(1, MOST_STREAMS)).default(2),
          streams: field(wholeNumber(1, MOST_STREAMS)).default(MOST_STREAMS),
        }).prefault({}),
        dashboard: field(boolean).default(false),
        metrics: metrics(env).optional(),
        tls: serverTls().optional(),
      })
        .refine(hasOwnPort, {
          path: ['metrics', 'port'],
          message: 'is the same as server.port: change it, or remove it',
        })
        .prefault({}),
      auth: auth(env),
      snapshots: block({ interval: field(interval).prefault('5s') }).prefault({}),
      log: block({ level: field(oneOf(LOG_LEVELS)).optional() }).prefault({}),
      pusher: block({
        key: field(textMatching(isPusherKey, 'a key of letters, digits, "-" and "_", in quotes')),
        secret: secret(env, isNotEmpty),
      }).optional(),
      publish: publish(env).optional(),
      smtp: smtp(env).optional(),
      retention: block({
        deltas: field(duration).prefault('90d'),
        sessions: field(duration).prefault('400d'),
      }).prefault({}),
      bucket: bucketSchema(),
      plausible_rate: field(rate).prefault('10Gbps'),
      hotspot_domain: field(oneOf(HOTSPOT_DOMAINS)).default('part'),
      stalled_after: field(duration).prefault('15m'),
      webhooks_private: field(boolean).default(true),
      max_sessions: field(sessionCount).default(20_000),
      new_sessions_per_hour: field(sessionCount).optional(),
      tenants: list(tenant(env), 'tenants, each with "- id:"; [] for none'),
    },
    {
      elsewhere: {
        schedule: 'poll',
        timeout: 'poll',
        spread: 'poll',
        listen: 'poll',
        concurrency: 'poll',
        stale_after: 'poll',
        quotas: 'a tenant',
        alerts: 'a tenant',
        webhooks: 'a tenant',
        mails: 'a tenant',
      },
    },
  )
}

export type ConfigFile = z.infer<ReturnType<typeof configSchema>>

export function databaseSchema(env: Environment) {
  return block({
    url: secret(env, isPostgresUrl).optional(),
    read_url: secret(env, isPostgresUrl).optional(),
    schema: field(schemaName).optional(),
    directory: field(path).prefault('data/postgres'),
  })
    .refine(it => it.read_url === undefined || it.url !== undefined, {
      path: ['read_url'],
      message: 'is a replica of url, which is missing: an embedded PostgreSQL has none',
    })
    .refine(it => it.schema === undefined || it.url !== undefined, {
      path: ['schema'],
      message: 'is for url, which is missing: nobody else has tables in an embedded PostgreSQL',
    })
    .prefault({})
}

export function journalSchema(env: Environment) {
  return block({
    directory: field(withVariables(env, path)).prefault('data/journal'),
    max_size: field(size).prefault('1GB'),
  }).prefault({})
}

export function bucketSchema() {
  return field(bucket).prefault('15m')
}

function tenant(env: Environment) {
  return block({
    id: field(configId).transform(tenantId),
    name: field(text).optional(),
    timezone: field(timezone).default('UTC'),
    auth: block({ not_before: field(instant).optional() }).prefault({}),
    ...nearestWins(),
    routers: list(router(env), 'routers, each with "- id:"; [] for none'),
    quotas: list(quota(), 'quotas, each with "- scope:"').default([]),
    alerts: list(alert(), 'alerts, each with "- id:"').default([]),
    webhooks: list(webhook(env), 'webhooks, each with "- id:"').default([]),
    mails: list(mailList(), 'mails, each with "- id:"').default([]),
  })
}

function router(env: Environment) {
  const tls = block(
    { ca: field(certificates).optional(), fingerprint: field(fingerprint).optional() },
    { alternative: 'true' },
  )
  return block({
    id: field(configId).transform(routerId),
    name: field(text).optional(),
    host: field(host),
    port: field(wholeNumber(1, 65_535)).optional(),
    tls: z
      .preprocess(value => (value === true ? {} : value === false ? undefined : value), tls.optional())
      .meta({ alternatives: [{ type: 'boolean' }] }),
    username: field(text),
    password: secret(env, isAnything),
    services: list(field(oneOf(SERVICE_NAMES)), `services (${SERVICE_NAMES.join(', ')})`)
      .refine(services => services.length > 0, 'must name a service: to read none set enabled: false')
      .transform(services => SERVICE_NAMES.filter(service => services.includes(service)))
      .prefault([...DEFAULT_SERVICES]),
    enabled: field(boolean).default(true),
    ...nearestWins(),
  })
}

/** Keys that may be set on a router, on its tenant and at the top of the file: the nearest wins. */
function nearestWins() {
  return {
    schedule: field(schedule).optional(),
    timeout: field(interval).optional(),
    plausible_rate: field(rate).optional(),
    hotspot_domain: field(oneOf(HOTSPOT_DOMAINS)).optional(),
    stalled_after: field(duration).optional(),
    max_sessions: field(sessionCount).optional(),
    new_sessions_per_hour: field(sessionCount).optional(),
  }
}

/** An empty password is allowed: a router's user may have none. */
function isAnything(text: string): Checked<string> {
  return right(text)
}

function isPusherKey(value: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(value)
}

written({ enum: Object.keys(BUCKETS) }, bucket)

function bucket(value: unknown): Checked<number> {
  const checked = oneOf(['1m', '5m', '15m'])(value)
  return checked.kind === 'right' ? right(BUCKETS[checked.value]) : checked
}
