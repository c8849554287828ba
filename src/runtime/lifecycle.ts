import type { Clock } from './clock.ts'
import type { Component } from './component.ts'
import { errorFields, type Logger } from './logger.ts'

interface Part {
  readonly name: string
  stop(): Promise<void>
}

/** The part of the time for a stop after which waiting for peers must end. */
const HURRY_AFTER = 0.7

/** The stop began during the start. */
export class Stopping extends Error {
  override readonly name = 'Stopping'
}

/**
 * Starts parts in order, and stops them in the reverse order.
 *
 * The main file of `runtime/`, which has what any part of the process may need: the clock, the log, metrics, limits and
 * this. The folder imports nothing of ours.
 */
export class Lifecycle {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #parts: Part[] = []
  readonly #first: Part[] = []
  readonly #stopping = new AbortController()
  readonly #hurrying = new AbortController()
  #starting: Promise<unknown> = Promise.resolve()
  /** The part that is stopping. */
  #current: string | undefined

  constructor(options: { clock: Clock; log: Logger }) {
    this.#clock = options.clock
    this.#log = options.log
  }

  /** Aborts as soon as everything begins to stop. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Aborts when a stop has so little time left that waiting for peers must end. */
  get hurrying(): AbortSignal {
    return this.#hurrying.signal
  }

  /**
   * Starts a part. At the stop it stops before all parts that were started earlier.
   * @throws Stopping if the stop began before or meanwhile; what the part's start throws
   */
  async start(name: string, part: Component): Promise<void> {
    this.onStop(name, () => part.stop())
    await this.wait(async () => part.start())
  }

  /**
   * Starts a part whose position in the order was set by `onStop`. A stop that begins meanwhile waits for the end of the
   * start.
   * @throws Stopping if the stop began before or meanwhile; what `start` throws
   */
  async wait<T>(start: () => Promise<T>): Promise<T> {
    this.#checkStarting()
    const starting = start()
    this.#starting = starting.catch(() => {})
    const started = await starting
    this.#checkStarting()
    return started
  }

  /** Calls `stop` before everything else at the stop, even while a part still starts. */
  firstAtStop(name: string, stop: () => Promise<void>): void {
    this.#checkStarting()
    this.#first.push({ name, stop })
  }

  /** Calls `stop` at the stop, before the parts that were added so far. */
  onStop(name: string, stop: () => Promise<void>): void {
    this.#checkStarting()
    this.#parts.push({ name, stop })
  }

  /**
   * Stops everything, each part after those that were started later, even if one of them throws.
   * @returns whether everything stopped within `withinMs` and nothing threw
   */
  async stop(withinMs: number): Promise<boolean> {
    const deadline = new AbortController()
    void this.#clock.sleep(HURRY_AFTER * withinMs, deadline.signal).then(() => {
      if (!deadline.signal.aborted) this.#hurrying.abort()
    })
    const stopping = this.#stopAll().then(isClean => {
      deadline.abort()
      return isClean
    })
    const late = this.#clock.sleep(withinMs, deadline.signal).then(() => {
      if (!deadline.signal.aborted) this.#log.error({ part: this.#current }, 'did not stop in time')
      return false
    })
    return Promise.race([stopping, late])
  }

  async #stopAll(): Promise<boolean> {
    this.#stopping.abort()
    let isClean = await this.#stopParts(this.#first)
    await this.#starting
    if (!(await this.#stopParts(this.#parts))) isClean = false
    return isClean
  }

  /** @returns whether none of them threw */
  async #stopParts(parts: Part[]): Promise<boolean> {
    let isClean = true
    for (let part = parts.pop(); part; part = parts.pop())
      try {
        this.#current = part.name
        await part.stop()
      } catch (error) {
        isClean = false
        this.#log.error({ part: part.name, err: errorFields(error) }, 'did not stop in order')
      }
    return isClean
  }

  #checkStarting(): void {
    if (this.#stopping.signal.aborted) throw new Stopping()
  }
}
