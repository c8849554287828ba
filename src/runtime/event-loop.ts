import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How often the loop is looked at; what it takes to look is part of what Node tells. */
const RESOLUTION_MS = 5
const NANOSECONDS_A_MS = 1e6

export interface LoopDelays {
  readonly medianMs: number
  readonly p99Ms: number
  readonly worstMs: number
}

/** By how much later than it should the event loop gets to what is due: everything waits for it. */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  start(): void {
    this.#histogram.enable()
  }

  stop(): void {
    this.#histogram.disable()
  }

  /** Since it was last asked for. */
  take(): LoopDelays {
    const histogram = this.#histogram
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / NANOSECONDS_A_MS - RESOLUTION_MS)
    const delays = {
      medianMs: late(histogram.percentile(50)),
      p99Ms: late(histogram.percentile(99)),
      worstMs: histogram.count === 0 ? 0 : late(histogram.max),
    }
    histogram.reset()
    return delays
  }
}
