import type { AlertRule } from '../accounting/alert.ts'
import type { RouterId, TenantId } from '../accounting/ids.ts'
import type { Service } from '../accounting/reading.ts'
import type { Secret } from './fields/secret.ts'

/** What the daemon runs by: the YAML file with its defaults filled in, its secrets read and its paths absolute. */
export interface Config {
  readonly database: DatabaseConfig
  readonly poll: {
    /** Whether routers of one schedule are read evenly spread over its interval. */
    readonly spread: boolean
    /** Routers being read at the same time. */
    readonly concurrency: number
    /** Whether routers tell of logouts at once, where they can. */
    readonly listen: boolean
    /** A router silent for so long has no live sessions; they stay open. */
    readonly staleAfterMs: number
  }
  readonly commit: { readonly intervalMs: number }
  /** For how long a router stays a daemon's that is not heard of. */
  readonly lease: { readonly durationMs: number }
  readonly journal: { readonly directory: string; readonly maxBytes: number }
  readonly server: {
    readonly host: string
    /** 0: any free port. */
    readonly port: number
    /** As browsers send them in `Origin`. */
    readonly origins: readonly string[]
    /** Addresses and networks, such as `10.0.0.0/8`, whose `X-Forwarded-For` is believed. */
    readonly trustedProxies: readonly string[]
    readonly limits: ServerLimits
    /** Whether the example dashboard is served, at `/dashboard/`. */
    readonly dashboard: boolean
    readonly metrics: {
      /** Where `/metrics` is served, and nothing else, in plain HTTP; absent: where all else is. */
      readonly at: { readonly host: string; readonly port: number } | undefined
      /** What who asks for it has to show as a bearer; absent: nothing. */
      readonly token: Secret | undefined
    }
    readonly tls: ServerTls | undefined
  }
  /** One or more. */
  readonly auth: readonly AuthKeyConfig[]
  /** All tokens that were issued before are revoked, those of admins too, and those that do not say when they were issued. */
  readonly tokensNotBefore: Date | undefined
  readonly snapshots: { readonly intervalMs: number }
  /** Absent: what `LOG_LEVEL` says. */
  readonly log: { readonly level: string | undefined }
  readonly pusher: { readonly key: string; readonly secret: Secret } | undefined
  readonly retention: { readonly deltasMs: number; readonly sessionsMs: number }
  readonly bucketMs: number
  readonly tenants: readonly TenantConfig[]
}

export interface ServerTls {
  /** Paths of PEM files; they could be read when the config was loaded. */
  readonly cert: string
  readonly key: string
  /** For how long browsers come by HTTPS alone after each answer, in whole seconds; absent: they are not told to. */
  readonly hstsMs: number | undefined
}

/** What clients may ask for, so that it costs the others nothing. */
export interface ServerLimits {
  readonly connectionsPerAddress: number
  readonly connectionsPerTenant: number
  /** Requests without a token, and as many invalid tokens. */
  readonly addressRequestsPerSecond: number
  /** Of the tables, by a tenant: as many at once, and so many a second after that. */
  readonly requestsAtOnce: number
  readonly requestsPerSecond: number
  /** CSV under way at the same time. */
  readonly streamsPerTenant: number
  readonly streamsInAll: number
}

export type DatabaseConfig =
  | { readonly kind: 'url'; readonly url: Secret }
  | { readonly kind: 'embedded'; readonly directory: string }

/** One of the keys that tokens may be signed by, and what it asks of its tokens. */
export interface AuthKeyConfig {
  readonly key: AuthKey
  /** Their `iss`. */
  readonly issuer: string | undefined
  /** Their `aud`, or one of them. */
  readonly audience: string | undefined
  /** Since their `iat`. */
  readonly maxAgeMs: number | undefined
}

export type AuthKey =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | { readonly kind: 'jwks'; readonly url: string }
  /** `pem` is SPKI (`BEGIN PUBLIC KEY`), whatever form the file had. */
  | { readonly kind: 'public-key'; readonly pem: string }

export interface TenantConfig {
  readonly id: TenantId
  readonly name: string
  /** An IANA name. */
  readonly timezone: string
  /** Its tokens that were issued before are revoked, and those that do not say when they were issued. */
  readonly tokensNotBefore: Date | undefined
  readonly routers: readonly RouterConfig[]
  readonly alerts: readonly AlertRule[]
  readonly webhooks: readonly WebhookConfig[]
}

/** Where alerts are posted to. */
export interface WebhookConfig {
  /** Unique within its tenant. */
  readonly id: string
  /** http or https; it may have a secret in it. */
  readonly url: Secret
  /** What each message is signed with: 24 bytes or more. */
  readonly secret: Secret
  /** Whether it may be at an address that is no host's on the internet. */
  readonly isPrivateAllowed: boolean
  /** The ids of the rules it hears of. */
  readonly rules: ReadonlySet<string>
}

/** A router with its own final values: what its tenant or the top of the file set for it is already in here. */
export interface RouterConfig {
  readonly id: RouterId
  readonly name: string | undefined
  /** A name or an address; IPv6 without brackets. */
  readonly host: string
  readonly port: number
  readonly tls: RouterTls | undefined
  readonly username: string
  readonly password: Secret
  readonly services: readonly Service[]
  readonly enabled: boolean
  /** Cron with seconds: six fields. */
  readonly schedule: string
  readonly timeoutMs: number
  readonly plausibleBitsPerSecond: number
  /** Whether a hotspot login's domain is a part of the subscriber's name. */
  readonly hotspotDomain: 'part' | 'ignore'
  readonly stalledAfterMs: number
  /** Of all services together. What the router may make the daemon hold is derived from it. */
  readonly maxSessions: number
  readonly newSessionsPerHour: number
}

export interface RouterTls {
  /** PEM, one certificate or several; absent: the system's CAs. */
  readonly ca: string | undefined
  /** SHA-256 of the router's certificate, 64 lower-case hex digits. */
  readonly fingerprint: string | undefined
}
