import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { isConfigId, type TenantId, tenantId } from '../accounting/ids.ts'
import type { Clock } from '../runtime/clock.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { type PinnedKey, pinnedKey, secretBytes, type TokenKey } from './token-key.ts'

/** What a token allows, until it expires. */
export type Grant =
  | { readonly kind: 'tenant'; readonly tenant: TenantId; readonly expiresAt: Date }
  | { readonly kind: 'admin'; readonly expiresAt: Date }

/** `refused`: the token is no good and never will be. `unverifiable`: its issuer's keys can't be had now. */
export type Refusal =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unverifiable'; readonly reason: string }

/** A port: who the bearer of a token is. Never rejects. */
export interface TokenVerifier {
  verify(token: string): Promise<Grant | Refusal>
}

/** Longer ones aren't looked at. */
export const MAX_TOKEN_LENGTH = 4096
const CLOCK_TOLERANCE_SECONDS = 5
const MAX_DATE_SECONDS = 8.64e12

const claimsShape = z.object({
  tenant: z.string().optional(),
  admin: z.boolean().optional(),
  exp: z.number().positive().max(MAX_DATE_SECONDS),
})

/** Checks tokens against the one key of the config. */
export class JwtVerifier implements TokenVerifier {
  readonly #key: PinnedKey
  readonly #clock: Clock
  readonly #log: Logger
  #failing = false

  /** @throws UnusableKey */
  constructor(options: { readonly key: TokenKey; readonly clock: Clock; readonly log: Logger }) {
    this.#key = pinnedKey(options.key)
    this.#clock = options.clock
    this.#log = options.log
  }

  async verify(token: string): Promise<Grant | Refusal> {
    if (token.length > MAX_TOKEN_LENGTH) return refused('the token is too long')
    const mayFetchKeys = this.#key.kind === 'remote' && !this.#key.key.coolingDown
    try {
      const claims = await this.#claims(token)
      this.#issuerAnswers()
      return grantOf(claims)
    } catch (error) {
      if (this.#key.kind === 'remote' && isIssuersFault(error)) return this.#issuerFails(error)
      // The issuer may have changed its key since.
      if (error instanceof errors.JWKSNoMatchingKey && !mayFetchKeys) {
        return { kind: 'unverifiable', reason: "the token's key is not known yet" }
      }
      return refused(error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid')
    }
  }

  async #claims(token: string): Promise<JWTPayload> {
    const options = {
      algorithms: this.#key.algorithms,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: this.#clock.now(),
    }
    // Two calls that look the same: jose tells a key from a function by overloads.
    const { payload } =
      this.#key.kind === 'remote'
        ? await jwtVerify(token, this.#key.key, options)
        : await jwtVerify(token, this.#key.key, options)
    return payload
  }

  #issuerFails(error: unknown): Refusal {
    if (!this.#failing) this.#log.warn({ err: errorFields(error) }, 'token issuer keys unavailable')
    this.#failing = true
    return { kind: 'unverifiable', reason: "the token issuer's keys are unavailable" }
  }

  #issuerAnswers(): void {
    if (this.#failing) this.#log.info('token issuer keys available again')
    this.#failing = false
  }
}

/** What verified claims allow: a tenant, or everything to an admin, and never both. */
export function grantOf(claims: JWTPayload): Grant | Refusal {
  const parsed = claimsShape.safeParse(claims)
  if (!parsed.success) return refused('the token lacks what it needs: a tenant or admin, and exp')
  const { tenant, admin = false, exp } = parsed.data
  const expiresAt = new Date(exp * 1000)
  if (admin) {
    if (tenant !== undefined) return refused('the token names a tenant and is an admin')
    return { kind: 'admin', expiresAt }
  }
  if (tenant === undefined) return refused('the token names no tenant')
  if (!isConfigId(tenant)) return refused('the token names no possible tenant')
  return { kind: 'tenant', tenant: tenantId(tenant), expiresAt }
}

/** A token as `JwtVerifier` takes it where the config has a secret. */
export function signToken(grant: Grant, secret: string): Promise<string> {
  const claims = grant.kind === 'tenant' ? { tenant: grant.tenant } : { admin: true }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(grant.expiresAt)
    .sign(secretBytes(secret))
}

function refused(reason: string): Refusal {
  return { kind: 'refused', reason }
}

/** jose throws its own errors for tokens; the fetch of the keys fails with these, or with what `fetch` throws. */
function isIssuersFault(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  )
}
