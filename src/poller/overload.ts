/** Longer than the longest wait between two attempts, so a router that was fine for so long has changed. */
const CALM_MS = 20 * 60_000

/** Counts how often a router had to be paused for what it sent, until it has been fine for a while. */
export class Overload {
  #times = 0
  #lastMs = 0
  #reason: string | undefined

  /** Number of overloads in a row, which determines the back-off. */
  get times(): number {
    return this.#times
  }

  /** Reason of the last overload; `undefined` once it is over. */
  get reason(): string | undefined {
    return this.#reason
  }

  note(reason: string, nowMs: number): void {
    this.#times++
    this.#lastMs = nowMs
    this.#reason = reason
  }

  /** Called after a successful poll. @returns whether this ended an overload */
  calm(nowMs: number): boolean {
    if (this.#times === 0 || nowMs - this.#lastMs < CALM_MS) return false
    this.#times = 0
    this.#reason = undefined
    return true
  }
}
