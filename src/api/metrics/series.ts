import { Counter, Gauge, type Registry } from 'prom-client'
import { type Block, inBlocks } from '../../runtime/block.ts'

type Labels = Readonly<Record<string, string>>
export type Told = readonly [labels: Labels, value: number]

/** Where metrics are, and the work of making a page of them all. */
export interface Page {
  readonly registry: Registry
  readonly block: Block
}

/**
 * A metric with as many series as there are labels at the time it is asked for. Their values are of one moment, and are
 * set in slices: nobody may ask again meanwhile.
 */
export function series(
  { registry, block }: Page,
  kind: 'gauge' | 'counter',
  [name, help]: readonly [string, string],
  labelNames: readonly string[],
  tell: () => Iterable<Told>,
): void {
  const common = { name, help, labelNames, registers: [registry] }
  if (kind === 'gauge')
    new Gauge({
      ...common,
      async collect() {
        this.reset()
        // It resets a gauge without labels to a 0 that nobody told.
        if (labelNames.length === 0) this.remove()
        await inBlocks([...tell()], block, ([labels, value]) => this.set(labels, value))
      },
    })
  else
    new Counter({
      ...common,
      async collect() {
        this.reset()
        await inBlocks([...tell()], block, ([labels, value]) => this.inc(labels, value))
      },
    })
}
