import type { TenantId } from '../accounting/ids.ts'
import type { AuthKey, AuthKeyConfig, Config, RouterConfig, RouterTls } from './config.ts'

/** What it takes to log in to a router. It carries the password, so it is not to be kept or printed. */
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

/** By what tokens are verified; likewise not to be printed. */
export interface RevealedRules {
  readonly keys: readonly (Omit<AuthKeyConfig, 'key'> & { readonly key: RevealedKey })[]
  /** All tokens have to be issued then or later. */
  readonly notBefore: Date | undefined
  /** Of tenants that had their tokens revoked. */
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

/** What who asks for `/metrics` has to show; likewise not to be printed. */
export function metricsTokenOf({ metrics }: Config['server']): string | undefined {
  return metrics.token?.reveal()
}

/** What channels are signed with; likewise not to be printed. */
export function pusherAppOf({ key, secret }: NonNullable<Config['pusher']>): {
  readonly key: string
  readonly secret: string
} {
  return { key, secret: secret.reveal() }
}
