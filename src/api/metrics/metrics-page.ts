import type { Clock } from '../../runtime/clock.ts'
import type { Metrics } from '../../runtime/metrics.ts'

/** A page is shown for so long, whoever asks. */
const SHOWN_MS = 1_000
/** And for so many times what it took to make: all pages together never take more than a tenth of the time. */
const SHOWN_PER_COST = 10

/** The text of all metrics: one page for all who ask while it is being made and while it is fresh. */
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

  /** As `registry.metrics()` has it, but one metric after the other, and others have their turns in between. */
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
    // Without the turns of others.
    const costMs = this.#clock.steadyMs() - beganMs - (block.pausedMs - pausedMs)
    this.#freshUntilMs = beganMs + Math.max(SHOWN_MS, SHOWN_PER_COST * costMs)
    return this.#text
  }
}
