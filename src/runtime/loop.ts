import type { Component } from './component.ts'

/** A loop that runs from the start to the stop. */
export class Loop implements Component {
  readonly #run: (signal: AbortSignal) => Promise<void>
  readonly #onBug: (error: unknown) => void
  readonly #ending = new AbortController()
  #running: Promise<void> | undefined

  /**
   * @param run the loop; it ends when the signal aborts
   * @param onBug called with what `run` rejects with
   */
  constructor(run: (signal: AbortSignal) => Promise<void>, onBug: (error: unknown) => void) {
    this.#run = run
    this.#onBug = onBug
  }

  start(): void {
    const { signal } = this.#ending
    if (!signal.aborted) this.#running ??= this.#run(signal).catch(this.#onBug)
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#running
  }
}
