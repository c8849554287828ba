import type { Clock } from './clock.ts'
import type { Component } from './component.ts'
import type { Logger } from './logger.ts'
import { Loop } from './loop.ts'
import type { Supervisor } from './supervisor.ts'

/** Work that may hang. */
interface Work {
  readonly isStuck: boolean
}

export interface WatchdogOptions {
  readonly supervisor: Pick<Supervisor, 'watchdogMs' | 'feedWatchdog'>
  /** The work that must not hang, by name. */
  readonly works: Readonly<Record<string, Work>>
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/**
 * Feeds systemd's watchdog at half its time, from the event loop, while all work makes progress. If some work hangs,
 * systemd restarts the daemon.
 */
export class Watchdog implements Component {
  readonly #options: WatchdogOptions
  readonly #loop: Loop

  constructor(options: WatchdogOptions) {
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
    const { supervisor, works, clock, log } = this.#options
    const { watchdogMs } = supervisor
    if (watchdogMs === undefined) return
    while (!signal.aborted) {
      const stuck = Object.keys(works).filter(name => works[name]?.isStuck)
      if (stuck.length === 0) supervisor.feedWatchdog()
      else log.error({ stuck }, 'the watchdog is not fed: work makes no progress')
      await clock.sleep(watchdogMs / 2, signal)
    }
  }
}
