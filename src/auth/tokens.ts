import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose'
import * as z from 'zod'
import { isConfigId, type TenantId, tenantId } from '../accounting/ids.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import { secretBytes } from './keys.ts'
import { type KeyRule, type Refusal, type Shown, VerifyingKey } from './verifying-key.ts'

/** What a token allows, until it expires. */
export type Grant =
  | { readonly kind: 'tenant'; readonly tenant: TenantId; readonly expiresAt: Date }
  | { readonly kind: 'admin'; readonly expiresAt: Date }

/** A port: who the bearer of a token is. Never rejects. */
export interface TokenVerifier {
  verify(token: string): Promise<Grant | Refusal>
}

/** What tokens are verified by. */
export interface TokenRules {
  readonly keys: readonly KeyRule[]
  /** All tokens that were issued before are revoked, admins' too, and those that do not tell when they were issued. */
  readonly notBefore: Date | undefined
  /** The same for the tokens of a tenant; the later of the two instants counts. */
  readonly tenantsNotBefore: ReadonlyMap<TenantId, Date>
}

type Revocations = Pick<TokenRules, 'notBefore' | 'tenantsNotBefore'>

/** Longer ones aren't looked at. */
export const MAX_TOKEN_LENGTH = 4096
const MAX_DATE_SECONDS = 8.64e12

const claimsShape = z.object({
  tenant: z.string().optional(),
  admin: z.boolean().optional(),
  exp: z.number().positive().max(MAX_DATE_SECONDS),
})

/** The rules that are gone by, with their keys at work. */
interface Ring {
  /** All that is in the rules: the same text is the same rules. */
  readonly text: string
  readonly keys: readonly VerifyingKey[]
  readonly revocations: Revocations
}

/** Checks tokens against the keys of the config. */
export class JwtVerifier implements TokenVerifier {
  readonly #clock: Clock
  readonly #log: Logger
  #ring: Ring

  /** @throws UnusableKey */
  constructor(options: { readonly rules: TokenRules; readonly clock: Clock; readonly log: Logger }) {
    this.#clock = options.clock
    this.#log = options.log
    this.#ring = ringOf(options.rules, [], options.log)
  }

  /**
   * Goes by these rules from now on. What was fetched for a key that stays is kept.
   * @returns whether they are others than before
   * @throws UnusableKey
   */
  apply(rules: TokenRules): boolean {
    const ring = ringOf(rules, this.#ring.keys, this.#log)
    if (ring.text === this.#ring.text) return false
    this.#ring = ring
    return true
  }

  async verify(token: string): Promise<Grant | Refusal> {
    if (token.length > MAX_TOKEN_LENGTH) return refused('the token is too long')
    const shown = shownBy(token)
    if (shown === undefined) return refused('the token is not valid')
    for (;;) {
      const ring = this.#ring
      const verdict = await verifyBy(ring, token, shown, this.#clock.now())
      // What took longer than its rules lasted is asked of those that are gone by now.
      if (ring === this.#ring) return verdict
    }
  }
}

function ringOf(rules: TokenRules, known: readonly VerifyingKey[], log: Logger): Ring {
  const knownBy = new Map(known.map(key => [JSON.stringify(key.rule), key]))
  return {
    text: JSON.stringify([rules.keys, rules.notBefore, [...rules.tenantsNotBefore]]),
    keys: rules.keys.map(rule => knownBy.get(JSON.stringify(rule)) ?? new VerifyingKey(rule, log)),
    revocations: rules,
  }
}

/** The first key that takes the token decides; where none does, the one that has signed it says why. */
async function verifyBy(
  { keys, revocations }: Ring,
  token: string,
  shown: Shown,
  now: Date,
): Promise<Grant | Refusal> {
  let unverifiable: Refusal | undefined
  let denied: Refusal | undefined
  for (const key of keys) {
    if (!key.mayTake(shown)) continue
    const verdict = await key.verify(token, now)
    if (verdict.kind === 'claims') return grantBy(verdict.claims, key.rule, revocations)
    if (verdict.kind === 'unverifiable') unverifiable ??= verdict
    else if (verdict.kind === 'refused') denied ??= verdict
  }
  return denied ?? unverifiable ?? refused('the token is not valid')
}

function shownBy(token: string): Shown | undefined {
  try {
    return { algorithm: decodeProtectedHeader(token).alg, issuer: decodeJwt(token).iss }
  } catch {
    return undefined // It is no JWT.
  }
}

/** The grant lasts until the token expires, or is too old for its key. */
function grantBy(claims: JWTPayload, { maxAgeMs }: KeyRule, revocations: Revocations): Grant | Refusal {
  const grant = grantOf(claims)
  if (grant.kind === 'refused' || grant.kind === 'unverifiable') return grant
  const issuedMs = claims.iat === undefined ? undefined : claims.iat * 1000
  if (isRevoked(grant, issuedMs, revocations)) return refused('the token has been revoked')
  if (maxAgeMs === undefined || issuedMs === undefined) return grant
  return { ...grant, expiresAt: new Date(Math.min(grant.expiresAt.getTime(), issuedMs + maxAgeMs)) }
}

/** @param issuedMs `undefined` where the token does not tell */
function isRevoked(
  grant: Grant,
  issuedMs: number | undefined,
  { notBefore, tenantsNotBefore }: Revocations,
): boolean {
  const ofTenant = grant.kind === 'tenant' ? tenantsNotBefore.get(grant.tenant) : undefined
  return [notBefore, ofTenant].some(
    at => at !== undefined && !(issuedMs !== undefined && issuedMs >= at.getTime()),
  )
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

/** What a token says beside its grant. */
export interface TokenTerms {
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  /** By default, now. */
  readonly issuedAt?: Date
}

/** A token as `JwtVerifier` takes it where the config has a secret that asks for these terms. */
export function signToken(grant: Grant, secret: string, terms: TokenTerms = {}): Promise<string> {
  const claims = grant.kind === 'tenant' ? { tenant: grant.tenant } : { admin: true }
  const token = new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt(terms.issuedAt)
    .setExpirationTime(grant.expiresAt)
  if (terms.issuer !== undefined) token.setIssuer(terms.issuer)
  if (terms.audience !== undefined) token.setAudience(terms.audience)
  return token.sign(secretBytes(secret))
}

function refused(reason: string): Refusal {
  return { kind: 'refused', reason }
}
