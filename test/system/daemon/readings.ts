import type { Fleet } from '../../harness/fleet/fleet.ts'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import type { CarriedReading } from '../../harness/fleet/truth.ts'
import { until } from './scene.ts'

/** The whole readings that a fleet's routers have given, by the user who read them. */
export class Readings {
  readonly #fleet: Fleet
  readonly #counts = new Map<string, number>()
  readonly #last = new Map<SimulatedRouter, CarriedReading>()
  readonly #stops: (() => void)[] = []

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  start(): void {
    for (const router of this.#fleet.routers)
      this.#stops.push(
        router.onReading(reading => {
          const key = keyOf(router, reading.service, reading.reader)
          this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
          this.#last.set(router, reading)
        }),
      )
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  /** The readings of all routers. @param reader the user on the routers who read them */
  countBy(reader: string): number {
    let sum = 0
    for (const router of this.#fleet.routers)
      for (const service of router.options.packages)
        sum += this.#counts.get(keyOf(router, service, reader)) ?? 0
    return sum
  }

  /** The readings of one router, by whomever. */
  countOf(router: SimulatedRouter): number {
    let sum = 0
    for (const [key, count] of this.#counts) if (key.startsWith(`${router.identity} `)) sum += count
    return sum
  }

  /** The last reading of a router by any user. */
  last(router: SimulatedRouter): CarriedReading | undefined {
    return this.#last.get(router)
  }

  /**
   * Resolves when every router has given `count` more readings of each service. A reading starts only when the one
   * before is in the journal, and the first may be under way already: after three, one that started now or later is in
   * the journal.
   */
  async more(count: number, reader: string): Promise<void> {
    const least = this.#fleet.routers.flatMap(router =>
      router.options.packages.map(service => {
        const key = keyOf(router, service, reader)
        return { key, enough: (this.#counts.get(key) ?? 0) + count }
      }),
    )
    await until(`every router has given ${count} readings to ${reader}`, () =>
      least.every(({ key, enough }) => (this.#counts.get(key) ?? 0) >= enough),
    )
  }
}

function keyOf(router: SimulatedRouter, service: string, reader: string): string {
  return `${router.identity} ${service} ${reader}`
}

/** The longest time that a router goes unread, in one service. */
export class ReadingGaps {
  readonly #lastMs = new Map<string, number>()
  readonly #stops: (() => void)[] = []
  #longestMs = 0

  constructor(fleet: Fleet) {
    for (const router of fleet.routers)
      this.#stops.push(router.onReading(({ service }) => this.#note(`${router.identity} ${service}`)))
  }

  /** @returns the longest gap so far, in milliseconds, including those that are open */
  stop(): number {
    for (const stop of this.#stops) stop()
    for (const key of this.#lastMs.keys()) this.#note(key)
    return this.#longestMs
  }

  #note(key: string): void {
    const nowMs = performance.now()
    this.#longestMs = Math.max(this.#longestMs, nowMs - (this.#lastMs.get(key) ?? nowMs))
    this.#lastMs.set(key, nowMs)
  }
}
