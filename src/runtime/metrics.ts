import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { Block, inBlocks } from './block.ts'
import { systemClock } from './clock.ts'

type Labels = Readonly<Record<string, string>>
/** One series of a metric, as it is now. */
export type Measured = readonly [labels: Labels, value: number]

/**
 * Where each part registers what is measured of it, for `/metrics`. A name belongs to one part.
 *
 *     counter, histogram    the part counts as things happen
 *     gauge, gauges, …      the values are read when a page is made
 */
export class Metrics {
  readonly registry = new Registry()
  /** The work of making a page. Series are set in its slices. */
  readonly block = new Block(systemClock)

  histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.registry] })
  }

  /** A series that begins with its first event hides that event from `increase`: add 0 to each that is known. */
  counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  /** @param read the value; `undefined` if there is none, and then there is no series */
  gauge(name: string, help: string, read: () => number | undefined): void {
    this.gauges(name, help, [], () => {
      const value = read()
      return value === undefined ? [] : [[{}, value]]
    })
  }

  /**
   * A metric with as many series as there are labels when a page is made. Their values are of one moment, and are set in
   * slices, so only one page may be made at a time.
   */
  gauges(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Measured>): void {
    const { block } = this
    new Gauge({
      ...{ name, help, labelNames, registers: [this.registry] },
      async collect() {
        this.reset()
        // A reset gives a gauge without labels a 0 that was not measured.
        if (labelNames.length === 0) this.remove()
        await inBlocks([...read()], block, ([labels, value]) => this.set(labels, value))
      },
    })
  }

  /** As `gauges`, for values that only grow. */
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
