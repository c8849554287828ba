import type { RouterKey } from '../accounting/ids.ts'
import type { Reading, Service } from '../accounting/reading.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Failure, isFailure } from '../runtime/failure.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Progress } from '../runtime/progress.ts'
import { Overload } from './overload.ts'
import type { ReadLimit } from './read-limit.ts'
import { retryWaitMs } from './retry-wait.ts'
import { type RouterHealth, UNTRIED } from './router-health.ts'
import { outcomeOf, type RouterLink } from './router-link.ts'
import type { Slot } from './slot.ts'

/** A router with what is needed to poll it. */
export interface PolledRouter {
  readonly key: RouterKey
  readonly services: readonly Service[]
  /** A cron expression with seconds. */
  readonly schedule: string
  readonly isEnabled: boolean
  /** Rejects with a `Failure`. */
  connect(signal: AbortSignal): Promise<RouterLink>
}

/** The receiver of readings. */
export interface ReadingSink {
  /** @param readings of one poll, at most one per service, and at least one */
  record(router: RouterKey, readings: readonly Reading[]): void | Promise<void>
}

/** Why a router should not be read for now, or `undefined`. Nothing is lost meanwhile: its counters run on. */
export type HeldBack = (router: RouterKey) => string | undefined

/** Counts the outcomes of polls. */
export interface PollObserver {
  /** Called for a poll in which every service was read. */
  polled(tookMs: number): void
  /** Called for a failed poll or connection. */
  pollFailed(failure: Failure): void
}

/** Shared by all loops. */
export interface LoopOptions {
  readonly readLimit: ReadLimit
  /** Tracks connection attempts and polls. */
  readonly progress: Progress
  readonly observer: PollObserver
  readonly sink: ReadingSink
  readonly heldBack: HeldBack
  readonly clock: Clock
  readonly log: Logger
  /** In [0, 1), for the jitter. */
  readonly random: () => number
}

/**
 * The loop of one router. No other router can delay it.
 *
 *     connecting ──▶ online ── a tick: read each service ──▶ online
 *         ▲            │ the connection ended, or the attempt failed
 *         └─ back-off ─┴──▶ offline
 *
 * A router that sends more than it may stays offline for longer each time, whatever it answers in between. One that is
 * held back stays connected but is not read.
 */
export class RouterLoop {
  readonly #router: PolledRouter
  readonly #slot: Slot
  readonly #options: LoopOptions
  readonly #noticed = new Set<string>()
  #health: RouterHealth = UNTRIED
  #isReadAtEnd = false
  #logged: 'online' | 'partly' | 'offline' | undefined
  #lastFailure: Failure | undefined
  /** Failures in a row without a reading, which determine the back-off. Refused logins are counted separately. */
  readonly #fruitless = { retryable: 0, refused: 0 }
  readonly #overload = new Overload()
  #heldBack: string | undefined
  #putOff = 0

  constructor(router: PolledRouter, slot: Slot, options: LoopOptions) {
    this.#router = router
    this.#slot = slot
    this.#options = options
  }

  get health(): RouterHealth {
    const overloaded = this.#overload.reason ?? this.#heldBack
    const { skipped: skippedTicks } = this.#slot
    return { ...this.#health, overloaded, skippedTicks, putOffPolls: this.#putOff }
  }

  /** Makes the loop end with one more poll, unless one is in flight or the router does not answer. */
  readAtEnd(): void {
    this.#isReadAtEnd = true
  }

  /**
   * @param soft ends the loop after the poll in flight
   * @param hard ends the poll in flight too
   */
  async run(soft: AbortSignal, hard: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    try {
      while (!soft.aborted) {
        const failure = await this.#pollUntilEnd(soft, hard)
        if (!failure) continue
        const failures = failure.isOverload
          ? this.#overload.times
          : this.#fruitless[failure.retryable ? 'retryable' : 'refused']
        await clock.sleep(retryWaitMs(Math.max(1, failures), failure.retryable, random()), soft)
      }
    } finally {
      this.#slot.leave()
    }
  }

  /** @returns the failure that ended or prevented the connection */
  async #pollUntilEnd(soft: AbortSignal, hard: AbortSignal): Promise<Failure | undefined> {
    let link: RouterLink | undefined
    try {
      link = await this.#options.progress.step(() => this.#router.connect(soft))
      await this.#pollWhileUp(link, soft, hard)
      return undefined
    } catch (error) {
      if (!isFailure(error)) throw error
      if (!soft.aborted) this.#fail(error, 'offline')
      return error
    } finally {
      link?.close()
    }
  }

  /** @throws the failure that ended the connection */
  async #pollWhileUp(link: RouterLink, soft: AbortSignal, hard: AbortSignal): Promise<void> {
    this.#greet(link)
    // One signal for the whole connection: a race against `ended` at each tick would pile up listeners.
    const over = new AbortController()
    const leave = () => over.abort()
    const close = () => link.close()
    link.ended.catch(cause => over.abort(cause))
    soft.addEventListener('abort', leave)
    hard.addEventListener('abort', close)
    try {
      // The first poll runs at once, because after an outage every second counts.
      while (!soft.aborted) {
        await this.#pollUnlessHeldBack(link)
        if (soft.aborted) return
        await this.#slot.next(over.signal)
        if (!soft.aborted) over.signal.throwIfAborted()
      }
      if (this.#isReadAtEnd && this.#health.state === 'online') await this.#pollUnlessHeldBack(link)
    } finally {
      soft.removeEventListener('abort', leave)
      hard.removeEventListener('abort', close)
    }
  }

  #greet({ identity, version, notices }: RouterLink): void {
    this.#health = { ...this.#health, identity, version }
    for (const notice of notices) {
      if (!this.#noticed.has(notice)) this.#options.log.warn({ router: this.#router.key }, notice)
      this.#noticed.add(notice)
    }
  }

  async #pollUnlessHeldBack(link: RouterLink): Promise<void> {
    const { heldBack, progress } = this.#options
    this.#heldBack = heldBack(this.#router.key)
    if (this.#heldBack === undefined) await progress.step(() => this.#poll(link))
    else this.#putOff++
  }

  async #poll(link: RouterLink): Promise<void> {
    const { readLimit, sink, clock } = this.#options
    const startedMs = clock.steadyMs()
    const outcomes = await readLimit.pass(() =>
      Promise.all(this.#router.services.map(it => outcomeOf(link, it))),
    )
    const latencyMs = clock.steadyMs() - startedMs
    const readings = outcomes.flatMap(it => (it.kind === 'read' && it.reading ? [it.reading] : []))
    const failure = outcomes.findLast(it => it.kind === 'failed')?.failure
    this.#health = { ...this.#health, missingMenus: link.missingMenus, budgetUse: link.takeBudgetUse() }
    if (readings.length > 0) await sink.record(this.#router.key, readings)
    const readAt = readings.at(-1)?.at.wall
    if (readAt) this.#health = { ...this.#health, lastReadingAt: readAt }
    if (failure) this.#fail(failure, readAt ? 'online' : 'offline')
    else this.#succeed(latencyMs)
  }

  #succeed(latencyMs: number): void {
    const { failures, identity, version } = this.#health
    const { log, observer } = this.#options
    const router = this.#router.key
    if (this.#overload.calm(this.#options.clock.steadyMs()))
      log.info({ router }, 'router no longer overloaded')
    if (this.#logged !== 'online' && !this.#overload.reason)
      log.info({ router, identity, version, failures }, 'router online')
    else log.debug({ router, latencyMs }, 'polled')
    this.#logged = 'online'
    observer.polled(latencyMs)
    this.#endFailures()
    this.#health = { ...this.#health, state: 'online', latencyMs, failures: 0, lastError: undefined }
  }

  /** @param state `online` if one of its services could be read */
  #fail(failure: Failure, state: 'online' | 'offline'): void {
    // The end of a connection rejects each read under way and `ended` with the same failure, which counts once.
    const isNew = failure !== this.#lastFailure
    this.#lastFailure = failure
    const { log, observer } = this.#options
    if (isNew) observer.pollFailed(failure)
    const failures = this.#health.failures + (isNew ? 1 : 0)
    this.#health = { ...this.#health, state, failures, lastError: failure.message }
    if (failure.isOverload && isNew) this.#rest(failure)
    if (state === 'online') this.#endFailures()
    else if (isNew && !failure.isOverload) this.#fruitless[failure.retryable ? 'retryable' : 'refused']++
    const extent = state === 'online' ? 'partly' : 'offline'
    const fields = { router: this.#router.key, state, error: failure.name, reason: failure.message }
    const advice = `tikmeter probe ${this.#router.key} says what to do`
    if (this.#overload.reason) log.debug(fields, 'poll failed while overloaded')
    else if (this.#logged !== extent) log.warn({ ...fields, advice }, 'poll failed')
    else if (isNew) log.debug(fields, 'poll failed again')
    this.#logged = extent
  }

  #rest(failure: Failure): void {
    const { clock, log } = this.#options
    if (this.#overload.times === 0)
      log.warn(
        { router: this.#router.key, reason: failure.message },
        'router overloaded: it is paused, longer each time',
      )
    this.#overload.note(failure.message, clock.steadyMs())
  }

  #endFailures(): void {
    this.#fruitless.retryable = 0
    this.#fruitless.refused = 0
  }
}
