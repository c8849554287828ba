import type { AlertRule } from '../accounting/alert.ts'
import type { RouterId, TenantId } from '../accounting/ids.ts'
import type { Service } from '../accounting/reading.ts'
import type { Secret } from './fields/secret.ts'

/** The configuration of the daemon: the YAML file with defaults filled in, secrets read and paths made absolute. */
export interface Config {
  /** Patterns of the included files, as absolute paths: `*` and `?` in the last part. */
  readonly include: readonly string[]
  readonly database: DatabaseConfig
  /** Where the daemons exchange live numbers; `undefined`: each has those of the others from the tables. */
  readonly bus: BusConfig | undefined
  /** How much this daemon should read in proportion to the others on its database. */
  readonly daemon: { readonly share: number }
  readonly poll: {
    /** The schedule of routers without one of their own or their tenant's. Cron with seconds. */
    readonly schedule: string
    /** Whether routers with the same schedule are read evenly spread over its interval. */
    readonly spread: boolean
    /** Routers being read at the same time. */
    readonly concurrency: number
    /** Whether to use `listen`, with which routers that support it report logouts at once. */
    readonly listen: boolean
    /** After a silence of this length a router has no live sessions; they stay open. */
    readonly staleAfterMs: number
  }
  readonly commit: { readonly intervalMs: number }
  /** How long a router belongs to a daemon that is no longer heard of. */
  readonly lease: { readonly durationMs: number }
  readonly journal: { readonly directory: string; readonly maxBytes: number }
  readonly server: {
    readonly host: string
    /** 0 means any free port. */
    readonly port: number
    /** As browsers send them in `Origin`. */
    readonly origins: readonly string[]
    /** Addresses and networks, such as `10.0.0.0/8`, whose `X-Forwarded-For` is believed. */
    readonly trustedProxies: readonly string[]
    readonly limits: ServerLimits
    /** Whether the example dashboard is served, at `/dashboard/`. */
    readonly dashboard: boolean
    readonly metrics: {
      /** Where `/metrics` is served, over plain HTTP and alone; `undefined`: on the main port. */
      readonly at: { readonly host: string; readonly port: number } | undefined
      /** The bearer token that `/metrics` requires; `undefined`: none. */
      readonly token: Secret | undefined
    }
    readonly tls: ServerTls | undefined
  }
  /** At least one. */
  readonly auth: readonly AuthKeyConfig[]
  /** Tokens issued earlier, including those of admins, are revoked; so are tokens without `iat`. */
  readonly tokensNotBefore: Date | undefined
  readonly snapshots: { readonly intervalMs: number }
  /** `undefined`: the level from `LOG_LEVEL`. */
  readonly log: { readonly level: string | undefined }
  readonly pusher: { readonly key: string; readonly secret: Secret } | undefined
  readonly publish: PublishConfig | undefined
  readonly smtp: SmtpConfig | undefined
  readonly retention: { readonly deltasMs: number; readonly sessionsMs: number }
  readonly bucketMs: number
  readonly tenants: readonly TenantConfig[]
}

/** A NATS server, or several of one cluster. */
export interface BusConfig {
  readonly servers: readonly string[]
  readonly user: string | undefined
  readonly password: Secret | undefined
  readonly token: Secret | undefined
  /** The content of a `.creds` file. */
  readonly credentials: Secret | undefined
  /** Paths of PEM files. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
}

export interface ServerTls {
  /** Paths of PEM files, which were readable when the config was loaded. */
  readonly cert: string
  readonly key: string
  /** The `max-age` of HSTS, in milliseconds but a multiple of 1000; `undefined`: no HSTS header. */
  readonly hstsMs: number | undefined
}

/** Limits on what clients may ask for, so that one of them cannot slow down the others. */
export interface ServerLimits {
  readonly connectionsPerAddress: number
  readonly connectionsPerTenant: number
  /** Requests without a token; the same number of invalid tokens is allowed. */
  readonly addressRequestsPerSecond: number
  /** Requests that read tables, by tenant: this many at once, and this many a second after that. */
  readonly requestsAtOnce: number
  readonly requestsPerSecond: number
  /** CSV downloads at the same time. */
  readonly streamsPerTenant: number
  readonly streamsInAll: number
}

export type DatabaseConfig =
  | {
      readonly kind: 'url'
      readonly url: Secret
      /** Where questions about usage go; `undefined`: to `url`. */
      readonly readUrl: Secret | undefined
      /** Of the tables; `undefined`: the first one of the search path. */
      readonly schema: string | undefined
    }
  | { readonly kind: 'embedded'; readonly directory: string }

/** A key that tokens may be signed with, and what it requires of them. */
export interface AuthKeyConfig {
  readonly key: AuthKey
  /** The required `iss`. */
  readonly issuer: string | undefined
  /** The required `aud`, or one of them. */
  readonly audience: string | undefined
  /** The greatest age, counted from `iat`. */
  readonly maxAgeMs: number | undefined
}

export type AuthKey =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | { readonly kind: 'jwks'; readonly url: string }
  /** `pem` is SPKI (`BEGIN PUBLIC KEY`), whatever the format of the file was. */
  | { readonly kind: 'public-key'; readonly pem: string }

export interface TenantConfig {
  readonly id: TenantId
  readonly name: string
  /** An IANA name. */
  readonly timezone: string
  /** Tokens of the tenant that were issued earlier are revoked; so are those without `iat`. */
  readonly tokensNotBefore: Date | undefined
  readonly routers: readonly RouterConfig[]
  readonly alerts: readonly AlertRule[]
  readonly webhooks: readonly WebhookConfig[]
  readonly mails: readonly MailConfig[]
}

/** An app of a Pusher server, such as Reverb or soketi, that stats are published to. */
export interface PublishConfig {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly app: string
  readonly key: string
  readonly secret: Secret
  /** `undefined`: all. */
  readonly tenants: ReadonlySet<string> | undefined
}

/** The mail server that mails are sent by. */
export interface SmtpConfig {
  readonly host: string
  readonly port: number
  readonly tls: 'starttls' | 'implicit' | 'none'
  /** PEM; `undefined`: the system's CAs. */
  readonly ca: string | undefined
  readonly login: { readonly user: string; readonly password: Secret } | undefined
  /** The sender's address. */
  readonly from: string
}

/** An endpoint to which alerts are posted. */
export interface WebhookConfig {
  /** Unique within its tenant, also among its mails. */
  readonly id: string
  /** Telegram needs the number of a chat, or a channel's `@name`. */
  readonly format:
    | { readonly kind: 'json' | 'text' | 'slack' | 'discord' | 'teams' }
    | { readonly kind: 'telegram'; readonly chat: string }
  /** http or https; it may contain a secret. */
  readonly url: Secret
  /** The signing key of each message: 24 bytes or more. Only `json` and `text` are signed, and `text` may be unsigned. */
  readonly secret: Secret | undefined
  /** Whether it may resolve to an address that is not public. */
  readonly isPrivateAllowed: boolean
  /** Ids of the alert rules that it gets. */
  readonly rules: ReadonlySet<string>
}

/** People who get alerts by mail, one mail for all of them. */
export interface MailConfig {
  readonly id: string
  readonly to: readonly string[]
  /** Ids of the alert rules that they get. */
  readonly rules: ReadonlySet<string>
}

/** A router with its final values: what its tenant or the top of the file sets is already applied. */
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
  /** Whether the domain of a hotspot login is part of the subscriber's name. */
  readonly hotspotDomain: 'part' | 'ignore'
  readonly stalledAfterMs: number
  /** Across all services. The limits on what the router may make the daemon hold are derived from it. */
  readonly maxSessions: number
  readonly newSessionsPerHour: number
}

export interface RouterTls {
  /** PEM, one or more certificates; `undefined`: the system's CAs. */
  readonly ca: string | undefined
  /** SHA-256 of the router's certificate, 64 lower-case hex digits. */
  readonly fingerprint: string | undefined
}
