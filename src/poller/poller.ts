import type { RouterKey } from '../accounting/ids.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import type { Logger } from '../runtime/logger.ts'
import { Progress } from '../runtime/progress.ts'
import { ReadLimit } from './read-limit.ts'
import { DISABLED, type RouterHealth } from './router-health.ts'
import {
  type HeldBack,
  type LoopOptions,
  type PolledRouter,
  type PollObserver,
  type ReadingSink,
  RouterLoop,
} from './router-loop.ts'
import { Schedule } from './schedule.ts'

export interface PollerOptions {
  /** Whether routers with the same schedule are read evenly spread over its interval. */
  readonly isSpread: boolean
  /** Routers being read at the same time. */
  readonly concurrency: number
  readonly sink: ReadingSink
  readonly heldBack: HeldBack
  readonly observer: PollObserver
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  /** How long a poll under way may still take when its router is removed or the poller stops, in milliseconds. */
  readonly graceMs: number
  /** Called with errors that are not a router's failure. They are bugs, so the process should end. */
  readonly onBug: (error: unknown) => void
}

/** Every connection attempt and every request has a deadline of seconds. */
const STUCK_AFTER_MS = 120_000

interface Running {
  readonly loop: RouterLoop
  readonly soft: AbortController
  readonly hard: AbortController
  readonly ended: Promise<void>
}

/** Reads every router on its schedule, one loop each. */
export class Poller implements Component {
  readonly #options: PollerOptions
  readonly #progress: Progress
  readonly #loopOptions: LoopOptions
  readonly #schedules = new Map<string, Schedule>()
  readonly #ticking = new AbortController()
  readonly #tickers: Promise<void>[] = []
  readonly #running = new Map<RouterKey, Running>()
  readonly #disabled = new Set<RouterKey>()
  /** Added before the start. */
  readonly #waiting = new Map<RouterKey, PolledRouter>()
  #state: 'starting' | 'running' | 'stopped' = 'starting'
  #ending: Promise<void> | undefined

  constructor(options: PollerOptions) {
    this.#options = options
    this.#progress = new Progress({ clock: options.clock, withinMs: STUCK_AFTER_MS })
    this.#loopOptions = { ...options, readLimit: new ReadLimit(options), progress: this.#progress }
  }

  get state(): 'starting' | 'running' | 'stopped' {
    return this.#state
  }

  /** Whether polls or connection attempts are under way and none of them has ended for too long. */
  get isStuck(): boolean {
    return this.#progress.isStuck
  }

  /** Begins to read the routers that were added, and those that are added from now on. */
  start(): void {
    if (this.#state !== 'starting') return
    this.#state = 'running'
    for (const router of this.#waiting.values()) this.add(router)
    this.#waiting.clear()
  }

  /** Adds a router. Does nothing after a stop, because a caller may still be adding routers then. */
  add(router: PolledRouter): void {
    if (this.#state === 'stopped') return
    if (this.#state === 'starting') {
      this.#waiting.set(router.key, router)
      return
    }
    if (!router.isEnabled) {
      this.#disabled.add(router.key)
      return
    }
    const loop = new RouterLoop(router, this.#schedule(router.schedule).join(), this.#loopOptions)
    const soft = new AbortController()
    const hard = new AbortController()
    const ended = loop.run(soft.signal, hard.signal).catch(this.#options.onBug)
    this.#running.set(router.key, { loop, soft, hard, ended })
  }

  /** Ends a router's loop after the poll under way, which gets `graceMs`. */
  async remove(key: RouterKey, graceMs = this.#options.graceMs): Promise<void> {
    this.#disabled.delete(key)
    this.#waiting.delete(key)
    const running = this.#running.get(key)
    if (!running) return
    this.#running.delete(key)
    const { soft, hard, ended } = running
    soft.abort()
    const grace = new AbortController()
    await Promise.race([ended, this.#options.clock.sleep(graceMs, grace.signal)])
    grace.abort()
    hard.abort()
    await ended
  }

  /** Ends a router's loop after a last poll, which gets `graceMs`. */
  finish(key: RouterKey): Promise<void> {
    this.#running.get(key)?.loop.readAtEnd()
    return this.remove(key)
  }

  /** @returns `undefined` if the router was never added */
  health(key: RouterKey): RouterHealth | undefined {
    return this.#disabled.has(key) ? DISABLED : this.#running.get(key)?.loop.health
  }

  /**
   * Ends every loop after a last poll, which gets `graceMs`. If the daemon is up again within an interval, there is no
   * longer gap between readings.
   */
  stop(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    this.#state = 'stopped'
    for (const { loop } of this.#running.values()) loop.readAtEnd()
    await Promise.all([...this.#running.keys()].map(key => this.remove(key)))
    this.#ticking.abort()
    await Promise.all(this.#tickers)
  }

  #schedule(expression: string): Schedule {
    const known = this.#schedules.get(expression)
    if (known) return known
    const schedule = new Schedule(expression, this.#options)
    this.#schedules.set(expression, schedule)
    this.#tickers.push(schedule.run(this.#ticking.signal).catch(this.#options.onBug))
    return schedule
  }
}
