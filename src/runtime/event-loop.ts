import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Component } from './component.ts'
import type { Metrics } from './metrics.ts'

/** The interval of the measurement. Node includes the interval in the delays. */
const RESOLUTION_MS = 5
const NANOSECONDS_A_MS = 1e6

export interface LoopDelays {
  readonly medianMs: number
  readonly p99Ms: number
  readonly worstMs: number
}

/** Measures by how much the event loop is late with what is due. Everything waits for it. */
export class EventLoopDelay implements Component {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor(metrics: Metrics) {
    metrics.gauges(
      'tikmeter_event_loop_delay_seconds',
      'Delay of the event loop since the previous page.',
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

  /** The delays since the last call. */
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
