import { systemClock } from '../../../src/runtime/clock.ts'
import { pick, type Random, wholeBelow } from '../../harness/fleet/random.ts'
import type { FastFleetProcess } from '../bench/fleet/simulated/fleet-process.ts'
import type { Trouble } from '../bench/fleet/simulated/router.ts'

const EVERY_MS = 1_000
const SHORTEST_MS = 500
const LONGEST_MS = 8_000
const KINDS: readonly Trouble[] = ['silent', 'cutting', 'refusing']

/** Routers that hang, cut their replies short or are unreachable, and come back. */
export class Troubles {
  readonly #fleet: FastFleetProcess
  readonly #routers: number
  readonly #random: Random
  readonly #troubled = new Map<number, Promise<void>>()
  #count = 0

  constructor(fleet: FastFleetProcess, routers: number, random: Random) {
    this.#fleet = fleet
    this.#routers = routers
    this.#random = random
  }

  /** Number of faults so far. */
  get count(): number {
    return this.#count
  }

  /** Runs until the signal aborts, and then ends all faults. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const router = wholeBelow(this.#random, this.#routers)
      if (!this.#troubled.has(router)) {
        this.#count++
        const over = this.#make(router, signal).finally(() => this.#troubled.delete(router))
        this.#troubled.set(router, over)
      }
      await systemClock.sleep(EVERY_MS, signal)
    }
    await Promise.all(this.#troubled.values())
  }

  async #make(router: number, signal: AbortSignal): Promise<void> {
    await this.#fleet.trouble(router, pick(this.#random, KINDS) ?? 'silent')
    await systemClock.sleep(SHORTEST_MS + wholeBelow(this.#random, LONGEST_MS - SHORTEST_MS), signal)
    await this.#fleet.trouble(router, 'none')
  }
}
