import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose'
import * as z from 'zod'
import { isConfigId, type TenantId, tenantId } from '../accounting/ids.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Grant, Refusal, TokenVerifier } from './bearer.ts'
import { secretBytes } from './keys.ts'
import { VerifiedTokens } from './verified-tokens.ts'
import { type KeyRule, type Shown, VerifyingKey } from './verifying-key.ts'

/** The rules that tokens are verified by. */
export interface TokenRules {
  readonly keys: readonly KeyRule[]
  /** Tokens issued earlier, including those of admins, are revoked; so are tokens without `iat`. */
  readonly notBefore: Date | undefined
  /** The same per tenant; the later of the two instants counts. */
  readonly tenantsNotBefore: ReadonlyMap<TenantId, Date>
}

type Revocations = Pick<TokenRules, 'notBefore' | 'tenantsNotBefore'>

/** Longer tokens are refused without being read. */
export const MAX_TOKEN_LENGTH = 4096
/** The year 5138. Whoever writes more means milliseconds, and would have a token that never expires, or is never revoked. */
const MAX_SECONDS = 1e11

const claimsShape = z.object({
  tenant: z.string().optional(),
  admin: z.boolean().optional(),
  exp: z.number().positive(),
})

/** The rules in use, with their verifying keys. */
interface ActiveRules {
  /** The rules as text, to compare them. */
  readonly text: string
  readonly keys: readonly VerifyingKey[]
  readonly revocations: Revocations
  readonly verified: VerifiedTokens
}

/** Checks tokens with the keys of the config. */
export class JwtVerifier implements TokenVerifier {
  readonly #clock: Clock
  readonly #log: Logger
  #active: ActiveRules

  /** @throws UnusableKey */
  constructor(options: { readonly rules: TokenRules; readonly clock: Clock; readonly log: Logger }) {
    this.#clock = options.clock
    this.#log = options.log
    this.#active = activeRules(options.rules, [], options.log)
  }

  /**
   * Replaces the rules. Key sets that were fetched are kept if their key stays.
   * @returns whether the rules changed
   * @throws UnusableKey
   */
  apply(rules: TokenRules): boolean {
    const active = activeRules(rules, this.#active.keys, this.#log)
    if (active.text === this.#active.text) return false
    this.#active = active
    return true
  }

  async verify(token: string): Promise<Grant | Refusal> {
    if (token.length > MAX_TOKEN_LENGTH) return refused('the token is too long')
    const grant = this.#active.verified.grantOf(token, this.#clock.now())
    if (grant !== undefined) return grant
    const shown = shownBy(token)
    if (shown === undefined) return refused('the token is not valid')
    for (;;) {
      const active = this.#active
      const verdict = await verifyBy(active, token, shown, this.#clock.now())
      // If the rules changed in the meantime, the token is verified again.
      if (active === this.#active) return verdict
    }
  }
}

function activeRules(rules: TokenRules, known: readonly VerifyingKey[], log: Logger): ActiveRules {
  const knownBy = new Map(known.map(key => [JSON.stringify(key.rule), key]))
  return {
    text: JSON.stringify([rules.keys, rules.notBefore, [...rules.tenantsNotBefore]]),
    keys: rules.keys.map(rule => knownBy.get(JSON.stringify(rule)) ?? new VerifyingKey(rule, log)),
    revocations: rules,
    verified: new VerifiedTokens(),
  }
}

/** The first key that accepts the token decides. If none does, the key that has signed it gives the reason. */
async function verifyBy(
  { keys, revocations, verified }: ActiveRules,
  token: string,
  shown: Shown,
  now: Date,
): Promise<Grant | Refusal> {
  let unverifiable: Refusal | undefined
  let denied: Refusal | undefined
  for (const key of keys) {
    if (!key.mayTake(shown)) continue
    const verdict = await key.verify(token, now)
    if (verdict.kind === 'claims') {
      const grant = grantBy(verdict.claims, key.rule, revocations)
      // An issuer may withdraw a key of its set at any time.
      if (isGranted(grant) && key.isLocal) verified.add(token, grant, now)
      return grant
    }
    if (verdict.kind === 'unverifiable') unverifiable ??= verdict
    else if (verdict.kind === 'refused') denied ??= verdict
  }
  return denied ?? unverifiable ?? refused('the token is not valid')
}

function shownBy(token: string): Shown | undefined {
  try {
    return { algorithm: decodeProtectedHeader(token).alg, issuer: decodeJwt(token).iss }
  } catch {
    return undefined // Not a JWT.
  }
}

/** The grant lasts until the token expires or is too old for its key. */
function grantBy(claims: JWTPayload, { maxAgeMs }: KeyRule, revocations: Revocations): Grant | Refusal {
  const grant = grantOf(claims)
  if (!isGranted(grant)) return grant
  const issuedMs = claims.iat === undefined ? undefined : claims.iat * 1000
  if (isRevoked(grant, issuedMs, revocations)) return refused('the token has been revoked')
  if (maxAgeMs === undefined || issuedMs === undefined) return grant
  return { ...grant, expiresAt: new Date(Math.min(grant.expiresAt.getTime(), issuedMs + maxAgeMs)) }
}

function isGranted(verdict: Grant | Refusal): verdict is Grant {
  return verdict.kind === 'tenant' || verdict.kind === 'admin'
}

/** @param issuedMs `undefined` if the token has no `iat` */
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

/** The rights in verified claims: those of a tenant or of an admin, never both. */
export function grantOf(claims: JWTPayload): Grant | Refusal {
  const parsed = claimsShape.safeParse(claims)
  if (!parsed.success) return refused('the token needs a tenant or admin, and exp')
  const { tenant, admin = false, exp } = parsed.data
  if (exp > MAX_SECONDS) return refused('the exp of the token has to be in seconds, not in milliseconds')
  if ((claims.iat ?? 0) > MAX_SECONDS)
    return refused('the iat of the token has to be in seconds, not in milliseconds')
  const expiresAt = new Date(exp * 1000)
  if (admin) {
    if (tenant !== undefined) return refused('the token names a tenant and is an admin')
    return { kind: 'admin', expiresAt }
  }
  if (tenant === undefined) return refused('the token names no tenant')
  if (!isConfigId(tenant)) return refused('the tenant in the token is not an id')
  return { kind: 'tenant', tenant: tenantId(tenant), expiresAt }
}

/** The other claims of a token. */
export interface TokenTerms {
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  /** Default: now. */
  readonly issuedAt?: Date
}

/** Signs a token that `JwtVerifier` accepts if the config has this secret with these terms. */
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
