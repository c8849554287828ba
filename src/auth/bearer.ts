import type { IncomingHttpHeaders } from 'node:http'
import type { TenantId } from '../accounting/ids.ts'

/** The rights of a token until it expires. */
export type Grant =
  | { readonly kind: 'tenant'; readonly tenant: TenantId; readonly expiresAt: Date }
  | { readonly kind: 'admin'; readonly expiresAt: Date }

/** `refused`: the token is invalid for good. `unverifiable`: the issuer's keys are not available now. */
export type Refusal =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unverifiable'; readonly reason: string }

/** Identifies the bearer of a token. Never rejects. */
export interface TokenVerifier {
  verify(token: string): Promise<Grant | Refusal>
}

const BEARER = /^bearer +(\S+) *$/i

/** The token in `Authorization: Bearer`, or `undefined`. */
export function bearerToken({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return BEARER.exec(authorization)?.[1]
}
