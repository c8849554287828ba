import { Block } from '../../runtime/block.ts'
import { systemClock } from '../../runtime/clock.ts'
import type { TokenVerifier } from './authorization.ts'

interface Bearer {
  readonly token: string
  /** Ends the answer, so that nobody takes it for a whole one. */
  readonly cutOff: () => void
}

/** Who is being answered, by which token: an answer ends when the rules change and its token no longer holds. */
export class Bearers {
  readonly #verifier: TokenVerifier
  readonly #answered = new Set<Bearer>()

  constructor(verifier: TokenVerifier) {
    this.#verifier = verifier
  }

  /**
   * To be called before the token is verified, so that no change of the rules comes in between.
   * @param signal aborts when the answer is over
   */
  add(bearer: Bearer, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#answered.add(bearer)
    signal.addEventListener('abort', () => this.#answered.delete(bearer), { once: true })
  }

  /** Has each token looked at once more, by rules that are new to the verifier. One that can't be verified now doesn't hold. */
  async rulesChanged(): Promise<void> {
    const block = new Block(systemClock)
    for (const bearer of [...this.#answered]) {
      if (block.isTooLong) await block.pause()
      void this.#lookAt(bearer)
    }
  }

  async #lookAt(bearer: Bearer): Promise<void> {
    const { kind } = await this.#verifier.verify(bearer.token)
    const isHeld = kind === 'tenant' || kind === 'admin'
    if (!isHeld && this.#answered.has(bearer)) bearer.cutOff()
  }
}
