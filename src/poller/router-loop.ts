import type { RouterKey } from '../accounting/ids.ts'
import type { Reading, Service } from '../accounting/reading.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import { backoffMs } from './backoff.ts'
import type { Gate } from './gate.ts'
import { type RouterHealth, UNTRIED } from './health.ts'
import type { Place } from './schedule.ts'

/** A connection to a router that is logged in. */
export interface RouterLink {
  readonly identity: string
  readonly version: string
  readonly notices: readonly string[]
  /** Rejects with what ended the connection, and never resolves. */
  readonly ended: Promise<never>
  /** `undefined` where the router does not have the service. Rejects with a `RouterFailure`. */
  read(service: Service): Promise<Reading | undefined>
  close(): void
}

/** What reading a router may fail with; anything else is a bug. */
export interface RouterFailure extends Error {
  readonly retryable: boolean
}

/** A router to be read. */
export interface PolledRouter {
  readonly key: RouterKey
  readonly services: readonly Service[]
  /** A cron expression with seconds. */
  readonly schedule: string
  readonly isEnabled: boolean
  /** Rejects with a `RouterFailure`. */
  connect(signal: AbortSignal): Promise<RouterLink>
}

/** Where readings go. */
export interface ReadingSink {
  record(router: RouterKey, reading: Reading): void | Promise<void>
}

export interface LoopOptions {
  readonly place: Place
  readonly gate: Gate
  readonly sink: ReadingSink
  readonly clock: Clock
  readonly log: Logger
  /** In [0, 1), for the jitter. */
  readonly random: () => number
}

/**
 * One router's loop, which no other router can hold up:
 *
 *     connecting ──▶ online ── a tick: read each service ──▶ online
 *         ▲            │ the connection ended, or the attempt failed
 *         └─ back-off ─┴──▶ offline
 */
export class RouterLoop {
  readonly #router: PolledRouter
  readonly #options: LoopOptions
  readonly #log: Logger
  #health: RouterHealth = UNTRIED

  constructor(router: PolledRouter, options: LoopOptions) {
    this.#router = router
    this.#options = options
    this.#log = options.log.child({ router: router.key })
  }

  get health(): RouterHealth {
    return { ...this.#health, skippedTicks: this.#options.place.skipped }
  }

  /**
   * @param soft ends the loop after the poll in flight
   * @param hard ends that too
   */
  async run(soft: AbortSignal, hard: AbortSignal): Promise<void> {
    const { clock, place, random } = this.#options
    while (!soft.aborted) {
      const failure = await this.#pollUntilEnd(soft, hard)
      if (!failure) continue
      await clock.sleep(backoffMs(this.#health.failures, failure.retryable, random()), soft)
    }
    place.leave()
  }

  /** @returns what ended the connection, or kept it from being */
  async #pollUntilEnd(soft: AbortSignal, hard: AbortSignal): Promise<RouterFailure | undefined> {
    const { place } = this.#options
    let link: RouterLink | undefined
    try {
      link = await this.#router.connect(soft)
      const close = link.close.bind(link)
      hard.addEventListener('abort', close)
      this.#health = { ...this.#health, identity: link.identity, version: link.version }
      for (const notice of link.notices) this.#log.warn(notice)
      try {
        // The first reading at once: after an outage each second counts.
        for (; !soft.aborted; await Promise.race([place.next(soft), link.ended])) await this.#poll(link)
      } finally {
        hard.removeEventListener('abort', close)
      }
      return undefined
    } catch (error) {
      if (!isRouterFailure(error)) throw error
      if (!soft.aborted) this.#fail(error, 'offline')
      return error
    } finally {
      link?.close()
    }
  }

  async #poll(link: RouterLink): Promise<void> {
    const { gate, sink, clock } = this.#options
    const startedMs = clock.steadyMs()
    const outcomes = await gate.pass(() => Promise.all(this.#router.services.map(it => outcomeOf(link, it))))
    const latencyMs = clock.steadyMs() - startedMs
    let readAt: Date | undefined
    let failure: RouterFailure | undefined
    for (const outcome of outcomes) {
      if (outcome.kind === 'failed') failure = outcome.failure
      else if (outcome.reading) {
        await sink.record(this.#router.key, outcome.reading)
        readAt = outcome.reading.at.wall
      }
    }
    if (readAt) this.#health = { ...this.#health, lastReadingAt: readAt }
    if (failure) this.#fail(failure, readAt ? 'online' : 'offline')
    else this.#succeed(latencyMs)
  }

  #succeed(latencyMs: number): void {
    const { failures, identity, version, state } = this.#health
    if (failures > 0 || state !== 'online') this.#log.info({ identity, version, failures }, 'router online')
    this.#health = { ...this.#health, state: 'online', latencyMs, failures: 0, lastError: undefined }
  }

  /** @param state `online` where one of its services could be read */
  #fail(failure: RouterFailure, state: 'online' | 'offline'): void {
    const failures = this.#health.failures + 1
    this.#health = { ...this.#health, state, failures, lastError: failure.message }
    if (failures === 1) this.#log.warn({ state, error: failure.name, reason: failure.message }, 'poll failed')
  }
}

type Outcome =
  | { readonly kind: 'read'; readonly reading: Reading | undefined }
  | { readonly kind: 'failed'; readonly failure: RouterFailure }

async function outcomeOf(link: RouterLink, service: Service): Promise<Outcome> {
  try {
    return { kind: 'read', reading: await link.read(service) }
  } catch (error) {
    if (!isRouterFailure(error)) throw error
    return { kind: 'failed', failure: error }
  }
}

function isRouterFailure(error: unknown): error is RouterFailure {
  return error instanceof Error && 'retryable' in error && typeof error.retryable === 'boolean'
}
