import type { Clock } from './clock.ts'
import type { Component } from './component.ts'
import type { Logger } from './logger.ts'
import { Loop } from './loop.ts'

/**
 *     no_token       no token was shown, or none in time
 *     failed_token   the token is invalid
 *     forbidden      the token is valid, but not for this; or the page's origin is not on the list
 *     too_many       an address or a tenant is over its limit of requests, messages or connections
 *     no_room        all connections that there are file descriptors for are taken
 */
export const REFUSALS = ['no_token', 'failed_token', 'forbidden', 'too_many', 'no_room'] as const
export type Refusal = (typeof REFUSALS)[number]

const REPORT_EVERY_MS = 60_000
/** Addresses that are counted at the same time. */
const COUNTED_ADDRESSES = 64
const REPORTED_ADDRESSES = 5

/** Sums up who was refused and why, in at most one log line a minute and in bounded memory. */
export class Refusals implements Component {
  readonly #observer: { refused(refusal: Refusal): void }
  readonly #clock: Clock
  readonly #log: Logger
  readonly #loop: Loop
  #reasons = new Map<Refusal, number>()
  /**
   * Counts by the "space-saving" algorithm of Metwally et al.: a new address replaces the rarest one and takes over its
   * count. A count is too high by at most a 64th of all refusals, and no frequent address is missed.
   */
  #addresses = new Map<string, number>()

  constructor(options: {
    readonly observer: { refused(refusal: Refusal): void }
    readonly clock: Clock
    readonly log: Logger
    /** Called with an error that is a bug. */
    readonly onBug: (error: unknown) => void
  }) {
    this.#observer = options.observer
    this.#clock = options.clock
    this.#log = options.log
    this.#loop = new Loop(signal => this.#run(signal), options.onBug)
  }

  /** From now on the sum of each minute is logged. */
  start(): void {
    this.#loop.start()
  }

  /** Logs the rest. */
  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /** @param address as limits count it */
  note(refusal: Refusal, address: string): void {
    this.#observer.refused(refusal)
    this.#reasons.set(refusal, (this.#reasons.get(refusal) ?? 0) + 1)
    const count = this.#addresses.get(address) ?? this.#makeRoom()
    this.#addresses.set(address, count + 1)
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(REPORT_EVERY_MS, signal)
      this.#report()
    }
  }

  /** @returns the count that a new address begins with */
  #makeRoom(): number {
    if (this.#addresses.size < COUNTED_ADDRESSES) return 0
    let rarest: readonly [address: string, count: number] = ['', Number.POSITIVE_INFINITY]
    for (const counted of this.#addresses) if (counted[1] < rarest[1]) rarest = counted
    this.#addresses.delete(rarest[0])
    return rarest[1]
  }

  #report(): void {
    if (this.#reasons.size === 0) return
    const most = [...this.#addresses].sort(([, a], [, b]) => b - a).slice(0, REPORTED_ADDRESSES)
    const counted = { refused: Object.fromEntries(this.#reasons), addresses: Object.fromEntries(most) }
    // The other refusals are normal: most are tokens that have expired.
    const level = this.#reasons.has('no_room') ? 'warn' : 'info'
    this.#log[level](counted, 'clients were refused')
    this.#reasons = new Map()
    this.#addresses = new Map()
  }
}
