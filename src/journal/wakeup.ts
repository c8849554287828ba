/** Wakes a loop that waits until there is work. A wakeup before anyone waits is remembered. */
export class Wakeup {
  #isWoken = false
  #end: (() => void) | undefined

  wake(): void {
    this.#isWoken = true
    this.#end?.()
  }

  /** Resolves at the first wakeup since the last wait, or when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#isWoken && !signal.aborted)
      await new Promise<void>(resolve => {
        const end = () => {
          this.#end = undefined
          signal.removeEventListener('abort', end)
          resolve()
        }
        this.#end = end
        signal.addEventListener('abort', end)
      })
    this.#isWoken = false
  }
}
