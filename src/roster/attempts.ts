import { isFailure } from '../runtime/failure.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'

/** Works that are tried again and again. The first failure is logged, and when all succeed again. */
export class Attempts {
  readonly #log: Logger
  readonly #failing = new Set<string>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** Anything but a failure is thrown. */
  async try(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      if (this.#failing.delete(name) && this.#failing.size === 0) this.#log.info('leases are kept again')
    } catch (error) {
      if (!isFailure(error)) throw error
      if (this.#failing.size === 0)
        this.#log.warn({ err: errorFields(error) }, 'leases cannot be kept for now; reading goes on')
      this.#failing.add(name)
    }
  }
}
