import type { AuthConfig, Config, RouterConfig, RouterTls } from './config.ts'

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
export type RevealedKey =
  | { readonly kind: 'secret'; readonly secret: string }
  | Exclude<AuthConfig, { kind: 'secret' }>

export function tokenKeyOf(auth: AuthConfig): RevealedKey {
  return auth.kind === 'secret' ? { kind: 'secret', secret: auth.secret.reveal() } : auth
}

/** What channels are signed with; likewise not to be printed. */
export function pusherAppOf({ key, secret }: NonNullable<Config['pusher']>): {
  readonly key: string
  readonly secret: string
} {
  return { key, secret: secret.reveal() }
}
