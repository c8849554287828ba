import { resolveAlerts, resolveMails, resolveWebhooks } from './alert-rules.ts'
import type { ConfigFile } from './blocks/config-schema.ts'
import { METRICS_HOST } from './blocks/metrics-block.ts'
import type {
  AuthKey,
  AuthKeyConfig,
  BusConfig,
  Config,
  PublishConfig,
  RouterConfig,
  ServerLimits,
  SmtpConfig,
  TenantConfig,
} from './config.ts'

type TenantBlock = ConfigFile['tenants'][number]
type RouterBlock = TenantBlock['routers'][number]

const API_PORT = 8728
const API_TLS_PORT = 8729
/** Default of `new_sessions_per_hour`, as a multiple of `max_sessions`. */
const NEW_PER_SESSION = 4

/**
 * Converts a file without faults to the config that the daemon uses.
 * @param include the patterns of the included files, as absolute paths
 */
export function resolveConfig(file: ConfigFile, include: readonly string[]): Config {
  const { poll, server, retention } = file
  return {
    include,
    database: resolveDatabase(file.database),
    bus: file.bus && resolveBus(file.bus),
    daemon: { share: file.daemon.share },
    poll: {
      schedule: poll.schedule,
      spread: poll.spread,
      concurrency: poll.concurrency,
      listen: poll.listen,
      staleAfterMs: poll.stale_after,
    },
    commit: { intervalMs: file.commit.interval },
    lease: { durationMs: file.lease.duration },
    journal: resolveJournal(file.journal),
    server: {
      host: server.host,
      port: server.port,
      origins: server.origins,
      trustedProxies: server.trusted_proxies,
      limits: resolveLimits(server.limits),
      dashboard: server.dashboard,
      metrics: resolveMetrics(server.metrics),
      tls: server.tls && { cert: server.tls.cert, key: server.tls.key, hstsMs: server.tls.hsts },
    },
    auth: resolveAuth(file.auth),
    tokensNotBefore: file.auth.not_before,
    snapshots: { intervalMs: file.snapshots.interval },
    log: { level: file.log.level },
    pusher: file.pusher,
    publish: file.publish && resolvePublish(file.publish),
    smtp: file.smtp && resolveSmtp(file.smtp),
    retention: { deltasMs: retention.deltas, sessionsMs: retention.sessions },
    bucketMs: file.bucket,
    tenants: file.tenants.map(tenant => resolveTenant(file, tenant)),
  }
}

function resolveBus({ url, user, password, token, creds, tls }: NonNullable<ConfigFile['bus']>): BusConfig {
  return { servers: url, user, password, token, credentials: creds, tls: tls && present(tls) }
}

const IMPLICIT_TLS_PORT = 465

function resolveSmtp({
  host,
  port,
  tls,
  ca,
  user,
  password,
  from,
}: NonNullable<ConfigFile['smtp']>): SmtpConfig {
  const login = user === undefined || password === undefined ? undefined : { user, password }
  return { host, port, tls: tls ?? (port === IMPLICIT_TLS_PORT ? 'implicit' : 'starttls'), ca, login, from }
}

function resolvePublish({ pusher }: NonNullable<ConfigFile['publish']>): PublishConfig {
  const { host, port, tls: isTls, app, key, secret, tenants } = pusher
  const isOf = tenants && new Set<string>(tenants)
  return { host, port: port ?? (isTls ? 443 : 80), isTls, app, key, secret, tenants: isOf }
}

/** Without the keys that have no value. */
function present(tls: {
  ca?: string | undefined
  cert?: string | undefined
  key?: string | undefined
}): NonNullable<BusConfig['tls']> {
  const { ca, cert, key } = tls
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

export function resolveDatabase({
  url,
  read_url: readUrl,
  schema,
  directory,
}: ConfigFile['database']): Config['database'] {
  return url === undefined ? { kind: 'embedded', directory } : { kind: 'url', url, readUrl, schema }
}

export function resolveJournal({ directory, max_size }: ConfigFile['journal']): Config['journal'] {
  return { directory, maxBytes: max_size }
}

function resolveLimits(limits: ConfigFile['server']['limits']): ServerLimits {
  return {
    connectionsPerAddress: limits.connections_per_address,
    connectionsPerTenant: limits.connections_per_tenant,
    addressRequestsPerSecond: limits.address_requests_per_second,
    requestsAtOnce: limits.requests_at_once,
    requestsPerSecond: limits.requests_per_second,
    streamsPerTenant: limits.streams_per_tenant,
    streamsInAll: limits.streams,
  }
}

function resolveMetrics(metrics: ConfigFile['server']['metrics']): Config['server']['metrics'] {
  const { host = METRICS_HOST, port, token } = metrics ?? {}
  return { at: port === undefined ? undefined : { host, port }, token }
}

function resolveAuth({ keys, ...single }: ConfigFile['auth']): AuthKeyConfig[] {
  return (keys ?? [single]).map(block => ({
    key: resolveAuthKey(block),
    issuer: block.issuer,
    audience: block.audience,
    maxAgeMs: block.max_age,
  }))
}

function resolveAuthKey({
  secret,
  jwks_url,
  public_key,
}: Pick<ConfigFile['auth'], 'secret' | 'jwks_url' | 'public_key'>): AuthKey {
  if (secret !== undefined) return { kind: 'secret', secret }
  if (jwks_url !== undefined) return { kind: 'jwks', url: jwks_url }
  if (public_key !== undefined) return { kind: 'public-key', pem: public_key }
  throw new Error('auth without a key passed validation')
}

function resolveTenant(file: ConfigFile, tenant: TenantBlock): TenantConfig {
  return {
    id: tenant.id,
    name: tenant.name ?? tenant.id,
    timezone: tenant.timezone,
    tokensNotBefore: tenant.auth.not_before,
    routers: tenant.routers.map(router => resolveRouter(file, tenant, router)),
    alerts: resolveAlerts(tenant.alerts, tenant.quotas),
    webhooks: resolveWebhooks(tenant.webhooks, tenant.alerts, file.webhooks_private),
    mails: resolveMails(tenant.mails, tenant.alerts),
  }
}

function resolveRouter(file: ConfigFile, tenant: TenantBlock, router: RouterBlock): RouterConfig {
  const { tls } = router
  const maxSessions = router.max_sessions ?? tenant.max_sessions ?? file.max_sessions
  return {
    id: router.id,
    name: router.name,
    host: router.host,
    port: router.port ?? (tls === undefined ? API_PORT : API_TLS_PORT),
    tls: tls === undefined ? undefined : { ca: tls.ca, fingerprint: tls.fingerprint },
    username: router.username,
    password: router.password,
    services: router.services,
    enabled: router.enabled,
    schedule: router.schedule ?? tenant.schedule ?? file.poll.schedule,
    timeoutMs: router.timeout ?? tenant.timeout ?? file.poll.timeout,
    plausibleBitsPerSecond: router.plausible_rate ?? tenant.plausible_rate ?? file.plausible_rate,
    hotspotDomain: router.hotspot_domain ?? tenant.hotspot_domain ?? file.hotspot_domain,
    maxSessions,
    newSessionsPerHour:
      router.new_sessions_per_hour ??
      tenant.new_sessions_per_hour ??
      file.new_sessions_per_hour ??
      NEW_PER_SESSION * maxSessions,
    stalledAfterMs: router.stalled_after ?? tenant.stalled_after ?? file.stalled_after,
  }
}
