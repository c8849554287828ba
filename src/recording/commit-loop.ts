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

/** What waits to be committed, and its committing. */
export interface Committing {
  pending(): ReadonlyMap<RouterKey, number>
  /** Routers of which so much waits that it is not to wait for their turn. */
  hurried(): readonly RouterKey[]
  commit(keys: readonly RouterKey[]): Promise<Uncommitted>
}

/** Told how commits go, for whoever measures. */
export interface CommitObserver {
  committed(tookMs: number): void
  commitFailed(): void
  happened(event: 'set_aside' | 'others'): void
}

export interface CommitLoopOptions {
  readonly recorder: Committing
  readonly intervalMs: number
  /** Told of routers that another daemon has taken, with the epoch at which they were ours. */
  readonly onLost: (routers: ReadonlyMap<RouterKey, number>) => Promise<void>
  readonly observer: CommitObserver
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** A statement without an answer fails long before it. */
const STUCK_AFTER_MS = 300_000
/** How often to an interval it is looked whether anything waits. */
const LOOKS = 30

/** Commits every router once in an interval, in slices of whole routers spread over it, and at once what is much. */
export class CommitLoop implements Component {
  readonly #options: CommitLoopOptions
  readonly #progress: Progress
  readonly #loop: Loop
  readonly #refused = new Set<RouterKey>()
  /** By what each router's last commit was made without. */
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

  /** Waits for the commit under way. What waits then is for `flush`. */
  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /** Whether a commit neither gets through nor fails. */
  get isStuck(): boolean {
    return this.#progress.isStuck
  }

  /** Whether the last commit got through. */
  get isUp(): boolean {
    return this.#failures === 0
  }

  /** Whether the database took the last commit, and what it had of this router. */
  takes(router: RouterKey): boolean {
    return this.isUp && !this.#refused.has(router)
  }

  /** Routers whose last commits the database refused. */
  get refusedRouters(): number {
    return this.#refused.size
  }

  /**
   * Commits all that waits, now. Only for after the stop: one commit is under way at a time.
   * @returns whether all of it got through
   */
  async flush(): Promise<boolean> {
    const { recorder } = this.#options
    const done = new Set<RouterKey>()
    for (let left = slicesOf(recorder.pending()); left > 0; left--)
      // Where the database is gone, the other slices would only wait for it as well.
      if (!(await this.#commit(nextSlice(recorder.pending(), done, left)))) return false
    return recorder.pending().size === 0
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { recorder, clock, intervalMs } = this.#options
    const lookMs = intervalMs / LOOKS
    while (!signal.aborted) {
      const slices = slicesOf(recorder.pending())
      if (slices === 0) await clock.sleep(lookMs, signal)
      // What came right after a look has waited as long already.
      else await this.#round(slices, intervalMs - lookMs, signal)
    }
  }

  /** Commits every router once, those with it that have something only when their slice's time has come. */
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

  /** Meanwhile commits what is not to wait. A database that is away is tried only when a slice's time has come. */
  async #hurryUntil(dueMs: number, signal: AbortSignal): Promise<void> {
    const { recorder, clock, intervalMs } = this.#options
    for (;;) {
      const leftMs = dueMs - clock.steadyMs()
      await clock.sleep(Math.max(0, Math.min(leftMs, intervalMs / LOOKS)), signal)
      if (signal.aborted || clock.steadyMs() >= dueMs) return
      if (this.isUp) await this.#commit(recorder.hurried().filter(key => !this.#refused.has(key)))
    }
  }

  /** @returns whether the database was there */
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

  /** Events of a kind that is refused commit after commit are told once; of all else the store tells what is new. */
  #noteSetAside(keys: readonly RouterKey[], setAside: ReadonlyMap<RouterKey, readonly SetAside[]>): void {
    for (const router of keys) {
      const entries = setAside.get(router) ?? []
      const told = this.#setAside.get(router)
      for (const { what, reason } of entries)
        if (!told?.has(what)) {
          this.#options.log.error({ router, what, reason }, 'refused by the database and set aside')
          this.#options.observer.happened('set_aside')
        }
      if (entries.length === 0) this.#setAside.delete(router)
      else this.#setAside.set(router, new Set(entries.map(({ what }) => what)))
    }
  }

  /** Once for a router and day: the store tells of the first time alone. */
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
