import { systemClock } from '../../../src/runtime/clock.ts'
import { pick, type Random } from '../../harness/fleet/random.ts'
import type { Stage } from '../bench/fleet/stage.ts'

const EVERY_MS = 15_000

/** Changes one tenant's config and restores the other's. The daemon notices it and restarts their routers' loops. */
export class Reloads {
  readonly #stage: Stage
  readonly #random: Random
  #count = 0

  constructor(stage: Stage, random: Random) {
    this.#stage = stage
    this.#random = random
  }

  /** Number of changes so far. */
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
