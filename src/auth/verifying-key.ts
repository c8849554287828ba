import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { type PinnedKey, pinnedKey, type TokenKey } from './keys.ts'

/** A key, and what it asks of the tokens that are signed by it. */
export interface KeyRule {
  readonly key: TokenKey
  /** Their `iss`. */
  readonly issuer: string | undefined
  /** Their `aud`, or one of them. */
  readonly audience: string | undefined
  /** Since their `iat`, which they need then. */
  readonly maxAgeMs: number | undefined
}

/** `refused`: the token is no good and never will be. `unverifiable`: its issuer's keys can't be had now. */
export type Refusal =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unverifiable'; readonly reason: string }

/** `foreign`: it is signed by another key, or by none. */
export type KeyVerdict =
  | { readonly kind: 'claims'; readonly claims: JWTPayload }
  | { readonly kind: 'foreign' }
  | Refusal

/** What a token says of itself, before anything of it is verified. */
export interface Shown {
  readonly algorithm: string | undefined
  readonly issuer: string | undefined
}

const CLOCK_TOLERANCE_SECONDS = 5

/** One key of the config, at work. */
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

  /** Whether the token may be one of this key's. Asked first, so that nobody makes us fetch the keys of all issuers. */
  mayTake({ algorithm, issuer }: Shown): boolean {
    const isItsIssuers = this.rule.issuer === undefined || this.rule.issuer === issuer
    return isItsIssuers && algorithm !== undefined && this.#key.algorithms.includes(algorithm)
  }

  async verify(token: string, now: Date): Promise<KeyVerdict> {
    const mayFetchKeys = this.#key.kind === 'remote' && !this.#key.key.coolingDown
    try {
      const claims = await this.#claims(token, now)
      this.#issuerAnswers()
      return { kind: 'claims', claims }
    } catch (error) {
      if (this.#key.kind === 'remote' && isIssuersFault(error)) return this.#issuerFails(error)
      // The issuer may have changed its key since.
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

/** jose looks at the claims once it has found the signature to be good. */
function faultOfClaims(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired)
    return error.claim === 'iat' ? 'the token is too old' : 'the token has expired'
  if (!(error instanceof errors.JWTClaimValidationFailed)) return undefined
  switch (error.claim) {
    case 'iss':
      return 'the token is from another issuer'
    case 'aud':
      return 'the token is for another audience'
    case 'iat':
      return 'the token does not tell when it was issued'
    default:
      return 'the token is not valid'
  }
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
