import { systemClock } from '../../../src/runtime/clock.ts'
import { pick, type Random } from '../../harness/fleet/random.ts'
import type { Stage } from '../bench/fleet/stage.ts'

const EVERY_MS = 15_000

/** Changes one tenant's config and the other's back again, which the daemon is to notice by itself: their routers are begun anew. */
export class Reloads {
  readonly #stage: Stage
  readonly #random: Random
  #count = 0

  constructor(stage: Stage, random: Random) {
    this.#stage = stage
    this.#random = random
  }

  /** How many there were so far. */
  get count(): number {
    return this.#count
  }

  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await systemClock.sleep(EVERY_MS, signal)
      if (signal.aborted) return
      this.#count++
      const tenant = pick(this.#random, this.#stage.tenants) ?? ''
      await this.#stage.writeConfig({ ofTenant: new Map([[tenant, { timeout: '2500ms' }]]) })
    }
  }
}
