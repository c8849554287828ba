import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { errorFields, type Logger } from '../runtime/logger.ts'
import type { Refusal } from './bearer.ts'
import { type PinnedKey, pinnedKey, type TokenKey } from './keys.ts'

/** A key, and what it requires of tokens. */
export interface KeyRule {
  readonly key: TokenKey
  /** The required `iss`. */
  readonly issuer: string | undefined
  /** The required `aud`, or one of them. */
  readonly audience: string | undefined
  /** The greatest age, counted from `iat`, which is then required. */
  readonly maxAgeMs: number | undefined
}

/** `foreign`: the token is signed by another key, or not at all. */
export type KeyVerdict =
  | { readonly kind: 'claims'; readonly claims: JWTPayload }
  | { readonly kind: 'foreign' }
  | Refusal

/** What an unverified token claims about itself. */
export interface Shown {
  readonly algorithm: string | undefined
  readonly issuer: string | undefined
}

const CLOCK_TOLERANCE_SECONDS = 5
const NOT_YET_ISSUED =
  'the token is not issued yet (iat): one of the two clocks may be wrong, or iat is not in seconds'

/** A key of the config that verifies tokens. */
export class VerifyingKey {
  readonly rule: KeyRule
  readonly #key: PinnedKey
  readonly #log: Logger
  #failing = false

  /** @throws UnusableKey */
  constructor(rule: KeyRule, log: Logger) {
    this.rule = rule
    this.#key = pinnedKey(rule.key)
    this.#log = log
  }

  /** Whether the key stays the same as long as its rule does. */
  get isLocal(): boolean {
    return this.#key.kind === 'local'
  }

  /** Whether the token may be signed by this key. Checked first, so that nobody can make us fetch all issuers' keys. */
  mayTake({ algorithm, issuer }: Shown): boolean {
    const isRightIssuer = this.rule.issuer === undefined || this.rule.issuer === issuer
    return isRightIssuer && algorithm !== undefined && this.#key.algorithms.includes(algorithm)
  }

  async verify(token: string, now: Date): Promise<KeyVerdict> {
    const mayFetchKeys = this.#key.kind === 'remote' && !this.#key.key.coolingDown
    try {
      const claims = await this.#claims(token, now)
      this.#issuerAnswers()
      return { kind: 'claims', claims }
    } catch (error) {
      if (this.#key.kind === 'remote' && isIssuersFault(error)) return this.#issuerFails(error)
      // The issuer may have changed its key since the last fetch.
      if (error instanceof errors.JWKSNoMatchingKey && this.#key.kind === 'remote' && !mayFetchKeys) {
        return { kind: 'unverifiable', reason: "the token's key is not known yet" }
      }
      const reason = faultOfClaims(error)
      return reason === undefined ? { kind: 'foreign' } : { kind: 'refused', reason }
    }
  }

  async #claims(token: string, now: Date): Promise<JWTPayload> {
    const { issuer, audience, maxAgeMs } = this.rule
    const options: JWTVerifyOptions = {
      algorithms: this.#key.algorithms,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: now,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
      ...(maxAgeMs === undefined ? {} : { maxTokenAge: maxAgeMs / 1000 }),
    }
    // jose selects an overload by the type of the key, so the same call is written twice.
    const { payload } =
      this.#key.kind === 'remote'
        ? await jwtVerify(token, this.#key.key, options)
        : await jwtVerify(token, await this.#key.key, options)
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

/** jose checks the claims only after the signature has proved valid. */
function faultOfClaims(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired)
    return error.claim === 'iat' ? 'the token is too old' : 'the token has expired'
  if (!(error instanceof errors.JWTClaimValidationFailed)) return undefined
  switch (error.claim) {
    case 'iss':
      return 'the token is from another issuer'
    case 'aud':
      return 'the token is for another audience'
    case 'exp':
      return 'the token has no exp'
    case 'iat':
      return error.reason === 'missing' ? 'the token has no iat' : NOT_YET_ISSUED
    case 'nbf':
      return 'the token is not valid yet (nbf): one of the two clocks may be wrong'
    default:
      return 'the token is not valid'
  }
}

/** jose throws its own errors for tokens. Fetching keys fails with these errors, or with errors of `fetch`. */
function isIssuersFault(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  )
}
