import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { Block, inBlocks } from './block.ts'
import { systemClock } from './clock.ts'

type Labels = Readonly<Record<string, string>>
/** One series of a metric, as it is now. */
export type Measured = readonly [labels: Labels, value: number]

/**
 * The metrics that parts register for `/metrics`. Each name belongs to one part.
 *
 *     counter, histogram    the part counts events as they happen
 *     gauge, gauges, …      values are read when a page is made
 */
export class Metrics {
  readonly registry = new Registry()
  /** The work of making a page. Series are set in its slices. */
  readonly block = new Block(systemClock)

  histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.registry] })
  }

  /** Registers a counter. Add 0 to each known series: `increase` misses the first event of a series that begins with it. */
  counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  /** Registers a gauge without labels. @param read returns the value; `undefined`: there is no series */
  gauge(name: string, help: string, read: () => number | undefined): void {
    this.gauges(name, help, [], () => {
      const value = read()
      return value === undefined ? [] : [[{}, value]]
    })
  }

  /**
   * Registers a gauge with any number of series. The values are read at one moment, and are set in slices, so only one
   * page may be made at a time.
   */
  gauges(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Measured>): void {
    const { block } = this
    new Gauge({
      ...{ name, help, labelNames, registers: [this.registry] },
      async collect() {
        this.reset()
        // A reset sets a gauge without labels to 0, which was not measured.
        if (labelNames.length === 0) this.remove()
        await inBlocks([...read()], block, ([labels, value]) => this.set(labels, value))
      },
    })
  }

  /** Registers a counter like `gauges`, for values that only grow. */
  counters(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Measured>): void {
    const { block } = this
    new Counter({
      ...{ name, help, labelNames, registers: [this.registry] },
      async collect() {
        this.reset()
        await inBlocks([...read()], block, ([labels, value]) => this.inc(labels, value))
      },
    })
  }
}
