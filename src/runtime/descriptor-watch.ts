import type { Clock } from './clock.ts'
import type { Component } from './component.ts'
import { descriptorAdvice, lackOfDescriptors } from './descriptors.ts'
import type { Logger } from './logger.ts'
import { Loop } from './loop.ts'

export interface DescriptorWatchOptions {
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

const LOOK_EVERY_MS = 1_000
const SAY_EVERY_MS = 60_000

/**
 * Logs that no file descriptor is left, once a minute at most, and when there are some again. Node does not report it: a
 * connection that it cannot accept is closed, and nobody is told.
 */
export class DescriptorWatch implements Component {
  readonly #options: DescriptorWatchOptions
  readonly #loop: Loop
  #saidAtMs = Number.NEGATIVE_INFINITY
  /** Whether the last line was that none is left. */
  #isSaid = false

  constructor(options: DescriptorWatchOptions) {
    this.#options = options
    this.#loop = new Loop(signal => this.#run(signal), options.onBug)
  }

  start(): void {
    this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#report(await lackOfDescriptors())
      await this.#options.clock.sleep(LOOK_EVERY_MS, signal)
    }
  }

  #report(why: unknown): void {
    const { clock, log } = this.#options
    if (why === undefined) {
      if (this.#isSaid) log.info('file descriptors are left again')
      this.#isSaid = false
      return
    }
    const nowMs = clock.steadyMs()
    if (nowMs - this.#saidAtMs < SAY_EVERY_MS) return
    this.#saidAtMs = nowMs
    this.#isSaid = true
    log.error(
      { advice: descriptorAdvice(why) },
      'no file descriptor is left: new connections are closed, and no file can be opened',
    )
  }
}
