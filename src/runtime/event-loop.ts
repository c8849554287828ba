import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Component } from './component.ts'
import type { Metrics } from './metrics.ts'

/** How often the loop is looked at; what it takes to look is part of what Node tells. */
const RESOLUTION_MS = 5
const NANOSECONDS_A_MS = 1e6

export interface LoopDelays {
  readonly medianMs: number
  readonly p99Ms: number
  readonly worstMs: number
}

/** By how much later than it should the event loop gets to what is due: everything waits for it. */
export class EventLoopDelay implements Component {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor(metrics: Metrics) {
    metrics.gauges(
      'tikmeter_event_loop_delay_seconds',
      'By how much late the event loop was, since the page before this one.',
      ['level'],
      () => {
        const { medianMs, p99Ms, worstMs } = this.take()
        return [
          [{ level: 'p50' }, medianMs / 1000],
          [{ level: 'p99' }, p99Ms / 1000],
          [{ level: 'max' }, worstMs / 1000],
        ]
      },
    )
  }

  start(): void {
    this.#histogram.enable()
  }

  async stop(): Promise<void> {
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
