import type { Grant } from './bearer.ts'

/** Bounds the memory: a token has at most `MAX_TOKEN_LENGTH` characters. */
const MOST_TOKENS = 1_000

interface Verified {
  readonly grant: Grant
  readonly atMs: number
}

/**
 * The tokens that were verified last under the same rules. Dashboards show one token at each request and each reconnect,
 * and a signature costs more than all the rest of a login.
 */
export class VerifiedTokens {
  /** The least recently shown first. */
  readonly #byToken = new Map<string, Verified>()

  /** @returns what the token grants at `now`; `undefined` if it has to be verified */
  grantOf(token: string, now: Date): Grant | undefined {
    const verified = this.#byToken.get(token)
    if (verified === undefined) return undefined
    this.#byToken.delete(token)
    const { grant, atMs } = verified
    const nowMs = now.getTime()
    // A token may begin to be valid (`nbf`), so a clock that was set back counts too.
    if (nowMs < atMs || nowMs >= grant.expiresAt.getTime()) return undefined
    this.#byToken.set(token, verified)
    return grant
  }

  add(token: string, grant: Grant, now: Date): void {
    this.#byToken.delete(token)
    this.#byToken.set(token, { grant, atMs: now.getTime() })
    const [oldest] = this.#byToken.keys()
    if (this.#byToken.size > MOST_TOKENS && oldest !== undefined) this.#byToken.delete(oldest)
  }
}
