import type { Clock } from '../../runtime/clock.ts'
import type { Metrics } from '../../runtime/metrics.ts'

/** How long a page is served again, to all clients. */
const SERVED_MS = 1_000
/** At least this many times what it took to make, so that making pages never takes more than a tenth of the time. */
const SERVED_PER_COST = 10

/** The text of all metrics. One page serves all requests that come while it is made and while it is fresh. */
export class MetricsPage {
  readonly #metrics: Metrics
  readonly #clock: Pick<Clock, 'steadyMs'>
  #underWay: Promise<string> | undefined
  #text = ''
  #freshUntilMs = Number.NEGATIVE_INFINITY

  constructor(metrics: Metrics, clock: Pick<Clock, 'steadyMs'>) {
    this.#metrics = metrics
    this.#clock = clock
  }

  text(): Promise<string> {
    if (this.#clock.steadyMs() < this.#freshUntilMs) return Promise.resolve(this.#text)
    this.#underWay ??= this.#make().finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  /** Makes the same text as `registry.metrics()`, but metric by metric, with pauses for other work. */
  async #make(): Promise<string> {
    const { registry, block } = this.#metrics
    const beganMs = this.#clock.steadyMs()
    const pausedMs = block.pausedMs
    block.begin()
    const parts: string[] = []
    for (const { name } of registry.getMetricsAsArray()) {
      if (block.isTooLong) await block.pause()
      parts.push(await registry.getSingleMetricAsString(name))
    }
    this.#text = `${parts.join('\n\n')}\n`
    // Without the pauses.
    const costMs = this.#clock.steadyMs() - beganMs - (block.pausedMs - pausedMs)
    this.#freshUntilMs = beganMs + Math.max(SERVED_MS, SERVED_PER_COST * costMs)
    return this.#text
  }
}
