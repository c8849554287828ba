import type { Clock } from './clock.ts'
import { errorFields, type Logger } from './logger.ts'

interface Part {
  readonly name: string
  stop(): Promise<void>
}

/** The part of a stop's time in which others are waited for. */
const HURRY_AFTER = 0.7

/** Everything began to stop while it was still starting. */
export class Stopping extends Error {
  override readonly name = 'Stopping'
}

/** Parts that were started in order, and are stopped in the reverse of it. */
export class Lifecycle {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #parts: Part[] = []
  readonly #first: Part[] = []
  readonly #stopping = new AbortController()
  readonly #hurrying = new AbortController()
  #starting: Promise<unknown> = Promise.resolve()

  constructor(options: { clock: Clock; log: Logger }) {
    this.#clock = options.clock
    this.#log = options.log
  }

  /** Aborts as soon as everything begins to stop. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Aborts when a stop has so little time left that whoever waits for somebody else has to give up. */
  get hurrying(): AbortSignal {
    return this.#hurrying.signal
  }

  /**
   * Starts a part; `stop` is called for it where this succeeded.
   * @throws Stopping where the stop began before or meanwhile
   */
  async start<T>(name: string, start: () => T | Promise<T>, stop: (started: T) => Promise<void>): Promise<T> {
    return this.wait(async () => {
      const started = await start()
      this.#parts.push({ name, stop: () => stop(started) })
      return started
    })
  }

  /**
   * Starts what a part needs that is to be stopped already: a stop that begins meanwhile waits for its end.
   * @throws Stopping where the stop began before or meanwhile
   */
  async wait<T>(start: () => Promise<T>): Promise<T> {
    this.#checkStarting()
    const starting = start()
    this.#starting = starting.catch(() => {})
    const started = await starting
    this.#checkStarting()
    return started
  }

  /** What is to be done first of all at the stop, though something is still being started. */
  firstAtStop(name: string, stop: () => Promise<void>): void {
    this.#checkStarting()
    this.#first.push({ name, stop })
  }

  /** What is to be done at the stop for a part that is there already. */
  onStop(name: string, stop: () => Promise<void>): void {
    this.#checkStarting()
    this.#parts.push({ name, stop })
  }

  /** Starts a loop that ends with its signal. `onBug` is told where it fails. */
  loop(name: string, run: (signal: AbortSignal) => Promise<void>, onBug: (error: unknown) => void): void {
    this.#checkStarting()
    const abort = new AbortController()
    const running = run(abort.signal).catch(onBug)
    this.#parts.push({
      name,
      async stop() {
        abort.abort()
        await running
      },
    })
  }

  /**
   * Stops everything, each part after those that were started later, whatever one of them throws.
   * @returns whether all was done within `withinMs`
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
    const late = this.#clock.sleep(withinMs, deadline.signal).then(() => false)
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
