import { Counter, Gauge, type Registry } from 'prom-client'
import { Block, inBlocks } from '../runtime/block.ts'
import { systemClock } from '../runtime/clock.ts'

type Labels = Readonly<Record<string, string>>
export type Told = readonly [labels: Labels, value: number]

/**
 * A metric with as many series as there are labels at the time it is asked for. Their values are of one moment, and are
 * set in slices: nobody may ask again meanwhile.
 */
export function series(
  registry: Registry,
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
        await inBlocks([...tell()], new Block(systemClock), ([labels, value]) => this.set(labels, value))
      },
    })
  else
    new Counter({
      ...common,
      async collect() {
        this.reset()
        await inBlocks([...tell()], new Block(systemClock), ([labels, value]) => this.inc(labels, value))
      },
    })
}
