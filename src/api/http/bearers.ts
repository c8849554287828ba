import type { TokenVerifier } from '../../auth/bearer.ts'
import { Block } from '../../runtime/block.ts'
import { systemClock } from '../../runtime/clock.ts'

interface Bearer {
  readonly token: string
  /** Ends the answer in a way that no client takes for a complete one. */
  readonly cutOff: () => void
}

/** The tokens of the answers under way. An answer is cut off when the rules change and its token is no longer valid. */
export class Bearers {
  readonly #verifier: TokenVerifier
  readonly #answered = new Set<Bearer>()

  constructor(verifier: TokenVerifier) {
    this.#verifier = verifier
  }

  /**
   * Adds an answer. Call it before the token is verified, so that no change of the rules is missed in between.
   * @param signal aborts when the answer is over
   */
  add(bearer: Bearer, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#answered.add(bearer)
    signal.addEventListener('abort', () => this.#answered.delete(bearer), { once: true })
  }

  /** Verifies each token again, by the verifier's new rules. A token that cannot be verified now counts as invalid. */
  async rulesChanged(): Promise<void> {
    const block = new Block(systemClock)
    for (const bearer of [...this.#answered]) {
      if (block.isTooLong) await block.pause()
      void this.#verifyAgain(bearer)
    }
  }

  async #verifyAgain(bearer: Bearer): Promise<void> {
    const { kind } = await this.#verifier.verify(bearer.token)
    const isValid = kind === 'tenant' || kind === 'admin'
    if (!isValid && this.#answered.has(bearer)) bearer.cutOff()
  }
}
