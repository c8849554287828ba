/** Wakes one who sleeps until there is something to do. A ring that nobody waits for is not lost. */
export class Bell {
  #hasRung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#hasRung = true
    this.#wake?.()
  }

  /** Resolves once it has rung since the last time, or when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#hasRung && !signal.aborted)
      await new Promise<void>(resolve => {
        const wake = () => {
          this.#wake = undefined
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#wake = wake
        signal.addEventListener('abort', wake)
      })
    this.#hasRung = false
  }
}
