/** Longer than the longest wait between two attempts: who is back for as long has changed. */
const CALM_MS = 20 * 60_000

/** How often a router had to be let alone for what it sent, until it has not for a while. */
export class Overload {
  #times = 0
  #lastMs = 0
  #reason: string | undefined

  /** Times in a row: what the back-off goes by. */
  get times(): number {
    return this.#times
  }

  /** Of the last time; `undefined` once it is over. */
  get reason(): string | undefined {
    return this.#reason
  }

  note(reason: string, nowMs: number): void {
    this.#times++
    this.#lastMs = nowMs
    this.#reason = reason
  }

  /** A poll went well. @returns whether with it an overload is over */
  calm(nowMs: number): boolean {
    if (this.#times === 0 || nowMs - this.#lastMs < CALM_MS) return false
    this.#times = 0
    this.#reason = undefined
    return true
  }
}
