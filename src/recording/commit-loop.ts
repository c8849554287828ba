import type { RouterKey } from '../accounting/ids.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { type Failure, isFailure } from '../runtime/failure.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import { Progress } from '../runtime/progress.ts'
import { nextSlice, slicesOf } from './commit-slices.ts'
import type { SetAside } from './ports.ts'
import type { Uncommitted } from './uncommitted.ts'

/** The part of the recorder that commits. */
export interface Committing {
  /** Sessions that wait, by router. */
  pending(): ReadonlyMap<RouterKey, number>
  readonly slicesAtOnce: number
  /** Routers with so much waiting data that they must not wait for their turn. */
  hurried(): readonly RouterKey[]
  commit(keys: readonly RouterKey[]): Promise<Uncommitted>
}

/** Counts and times commits. */
export interface CommitObserver {
  committed(tookMs: number): void
  commitFailed(): void
  happened(event: 'set_aside' | 'others'): void
}

export interface CommitLoopOptions {
  readonly recorder: Committing
  readonly intervalMs: number
  /** Called with routers that another daemon has taken, and the epochs at which they were ours. */
  readonly onLost: (routers: ReadonlyMap<RouterKey, number>) => Promise<void>
  readonly observer: CommitObserver
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** A statement without an answer fails long before. */
const STUCK_AFTER_MS = 300_000
/** How often in an interval to look for waiting data. */
const LOOKS_PER_INTERVAL = 30

/**
 * Commits every router once in an interval, in slices of whole routers that are spread over it. A router with much
 * waiting data is committed at once.
 */
export class CommitLoop implements Component {
  readonly #options: CommitLoopOptions
  readonly #progress: Progress
  readonly #loop: Loop
  readonly #refused = new Set<RouterKey>()
  /** What each router's last commit set aside, to log it only once. */
  readonly #setAside = new Map<RouterKey, ReadonlySet<string>>()
  #failures = 0

  constructor(options: CommitLoopOptions) {
    this.#options = options
    this.#progress = new Progress({ clock: options.clock, withinMs: STUCK_AFTER_MS })
    this.#loop = new Loop(signal => this.#run(signal), options.onBug)
  }

  start(): void {
    this.#loop.start()
  }

  /** Waits for the commit under way. `flush` commits what waits after that. */
  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /** Whether a commit neither succeeds nor fails. */
  get isStuck(): boolean {
    return this.#progress.isStuck
  }

  /** Whether the last commit succeeded. */
  get isUp(): boolean {
    return this.#failures === 0
  }

  /** Whether the last commit succeeded, and the database did not refuse this router. */
  takes(router: RouterKey): boolean {
    return this.isUp && !this.#refused.has(router)
  }

  /** The number of routers whose last commit the database refused. */
  get refusedRouters(): number {
    return this.#refused.size
  }

  /**
   * Commits everything that waits, now. Only after `stop`, because only one commit may be under way.
   * @returns whether all of it was committed
   */
  async flush(): Promise<boolean> {
    const { recorder } = this.#options
    const done = new Set<RouterKey>()
    for (let left = slicesOf(recorder.pending(), recorder.slicesAtOnce); left > 0; left--)
      // If the database is away, the other slices would only wait for it too.
      if (!(await this.#commit(nextSlice(recorder.pending(), done, left)))) return false
    return recorder.pending().size === 0
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { recorder, clock, intervalMs } = this.#options
    const lookMs = intervalMs / LOOKS_PER_INTERVAL
    while (!signal.aborted) {
      const slices = slicesOf(recorder.pending(), recorder.slicesAtOnce)
      if (slices === 0) await clock.sleep(lookMs, signal)
      // Data that came right after the previous look has waited that long already.
      else await this.#round(slices, intervalMs - lookMs, signal)
    }
  }

  /** Commits every router once, including those that only get data during the round. */
  async #round(slices: number, withinMs: number, signal: AbortSignal): Promise<void> {
    const { recorder, clock } = this.#options
    const startMs = clock.steadyMs()
    const done = new Set<RouterKey>()
    for (let left = slices; left > 0; left--) {
      const dueMs = startMs + (withinMs * (slices - left + 1)) / slices
      await this.#hurryUntil(dueMs, signal)
      if (signal.aborted) return
      await this.#commit(nextSlice(recorder.pending(), done, left))
    }
  }

  /** Until then, commits hurried routers. A database that is away is tried only at the time of a slice. */
  async #hurryUntil(dueMs: number, signal: AbortSignal): Promise<void> {
    const { recorder, clock, intervalMs } = this.#options
    for (;;) {
      const leftMs = dueMs - clock.steadyMs()
      await clock.sleep(Math.max(0, Math.min(leftMs, intervalMs / LOOKS_PER_INTERVAL)), signal)
      if (signal.aborted || clock.steadyMs() >= dueMs) return
      if (this.isUp) await this.#commit(recorder.hurried().filter(key => !this.#refused.has(key)))
    }
  }

  /** @returns whether the database answered */
  async #commit(keys: readonly RouterKey[]): Promise<boolean> {
    if (keys.length === 0) return true
    const { observer, clock, log } = this.#options
    const startMs = clock.steadyMs()
    try {
      const { refused, lost, setAside, crowded } = await this.#progress.step(() =>
        this.#options.recorder.commit(keys),
      )
      this.#noteRefused(keys, refused)
      this.#noteSetAside(keys, setAside)
      this.#noteCrowded(crowded)
      if (lost.size > 0) await this.#options.onLost(lost)
      this.#succeed()
      const tookMs = clock.steadyMs() - startMs
      log.debug({ routers: keys.length, tookMs }, 'committed')
      observer.committed(tookMs)
      return true
    } catch (error) {
      if (!isFailure(error)) throw error
      this.#fail(error)
      observer.commitFailed()
      return false
    }
  }

  #noteRefused(keys: readonly RouterKey[], refused: ReadonlyMap<RouterKey, string>): void {
    const { log } = this.#options
    for (const router of keys) {
      const reason = refused.get(router)
      if (reason === undefined) {
        if (this.#refused.delete(router)) log.info({ router }, 'commit no longer refused')
      } else if (!this.#refused.has(router)) {
        this.#refused.add(router)
        log.error({ router, reason }, 'commit refused; what waits is kept and tried again')
      }
    }
  }

  /** Logs what was set aside. The store returns it once, except for events, which are logged once while they repeat. */
  #noteSetAside(keys: readonly RouterKey[], setAside: ReadonlyMap<RouterKey, readonly SetAside[]>): void {
    for (const router of keys) {
      const entries = setAside.get(router) ?? []
      const logged = this.#setAside.get(router)
      for (const { what, reason } of entries)
        if (!logged?.has(what)) {
          this.#options.log.error({ router, what, reason }, 'refused by the database and set aside')
          this.#options.observer.happened('set_aside')
        }
      if (entries.length === 0) this.#setAside.delete(router)
      else this.#setAside.set(router, new Set(entries.map(({ what }) => what)))
    }
  }

  /** Logs each router and day once, because the store returns only the first time. */
  #noteCrowded(crowded: ReadonlyMap<RouterKey, readonly string[]>): void {
    const { log, observer } = this.#options
    for (const [router, days] of crowded)
      for (const day of days) {
        log.warn(
          { router, day },
          'more names in a day than twice max_sessions: the rest is counted as (others); raise it if they are real',
        )
        observer.happened('others')
      }
  }

  #succeed(): void {
    if (this.#failures > 0) this.#options.log.info({ failures: this.#failures }, 'database commits again')
    this.#failures = 0
  }

  #fail(error: Failure): void {
    this.#failures++
    if (this.#failures === 1)
      this.#options.log.error(
        { err: errorFields(error) },
        'commit failed; what waits is kept and tried again',
      )
  }
}
