import type { TenantId } from '../accounting/ids.ts'
import type {
  AuthKey,
  AuthKeyConfig,
  BusConfig,
  Config,
  PublishConfig,
  RouterConfig,
  RouterTls,
  SmtpConfig,
} from './config.ts'

/** What is needed to log in to a router. Contains the password: do not keep or print it. */
export interface RouterAddress {
  readonly host: string
  readonly port: number
  readonly tls: RouterTls | undefined
  readonly username: string
  readonly password: string
}

export function addressOf({ host, port, tls, username, password }: RouterConfig): RouterAddress {
  return { host, port, tls, username, password: password.reveal() }
}

/** What tokens are verified with. Contains secrets: do not print it. */
export interface RevealedRules {
  readonly keys: readonly (Omit<AuthKeyConfig, 'key'> & { readonly key: RevealedKey })[]
  /** Tokens issued before this instant are revoked. */
  readonly notBefore: Date | undefined
  /** The same per tenant, for those that revoked tokens. */
  readonly tenantsNotBefore: ReadonlyMap<TenantId, Date>
}

export type RevealedKey =
  | { readonly kind: 'secret'; readonly secret: string }
  | Exclude<AuthKey, { kind: 'secret' }>

export function tokenRulesOf({
  auth,
  tokensNotBefore,
  tenants,
}: Pick<Config, 'auth' | 'tokensNotBefore' | 'tenants'>): RevealedRules {
  return {
    keys: auth.map(({ key, ...terms }) => ({ ...terms, key: revealedKey(key) })),
    notBefore: tokensNotBefore,
    tenantsNotBefore: new Map(
      tenants.flatMap(({ id, tokensNotBefore: at }) => (at === undefined ? [] : [[id, at] as const])),
    ),
  }
}

function revealedKey(key: AuthKey): RevealedKey {
  return key.kind === 'secret' ? { kind: 'secret', secret: key.secret.reveal() } : key
}

/** The bearer token that `/metrics` requires. Do not print it. */
export function metricsTokenOf({ metrics }: Config['server']): string | undefined {
  return metrics.token?.reveal()
}

/** The key and secret that sign Pusher channels. Do not print it. */
export function pusherAppOf({ key, secret }: NonNullable<Config['pusher']>): {
  readonly key: string
  readonly secret: string
} {
  return { key, secret: secret.reveal() }
}

/** How to publish to a Pusher app. Do not print it. */
export type PublishAccess = Omit<PublishConfig, 'secret'> & { readonly secret: string }

export function publishAccessOf({ secret, ...rest }: PublishConfig): PublishAccess {
  return { ...rest, secret: secret.reveal() }
}

/** How to send mails. Contains the password: do not print it. */
export interface SmtpAccess extends Omit<SmtpConfig, 'login'> {
  readonly login: { readonly user: string; readonly password: string } | undefined
}

export function smtpAccessOf({ login, ...rest }: SmtpConfig): SmtpAccess {
  return { ...rest, login: login && { user: login.user, password: login.password.reveal() } }
}

/** How to log in to the bus. Contains secrets: do not print it. */
export interface BusAccess {
  readonly servers: readonly string[]
  readonly access: {
    readonly user?: string
    readonly password?: string
    readonly token?: string
    readonly credentials?: string
  }
  readonly tls: BusConfig['tls']
}

export function busAccessOf({ servers, user, password, token, credentials, tls }: BusConfig): BusAccess {
  const access = {
    ...(user === undefined ? {} : { user, password: password?.reveal() ?? '' }),
    ...(token === undefined ? {} : { token: token.reveal() }),
    ...(credentials === undefined ? {} : { credentials: credentials.reveal() }),
  }
  // `tls://` asks for TLS, with the system's CAs.
  const isTls = servers.some(url => url.startsWith('tls://'))
  return { servers, access, tls: tls ?? (isTls ? {} : undefined) }
}
