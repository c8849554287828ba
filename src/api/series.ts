import { Counter, Gauge, type Registry } from 'prom-client'
import { Block } from '../runtime/block.ts'

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
        await inSlices([...tell()], ([labels, value]) => this.set(labels, value))
      },
    })
  else
    new Counter({
      ...common,
      async collect() {
        this.reset()
        await inSlices([...tell()], ([labels, value]) => this.inc(labels, value))
      },
    })
}

async function inSlices(all: readonly Told[], set: (told: Told) => void): Promise<void> {
  const block = new Block()
  for (const told of all) {
    if (block.isTooLong) await block.pause()
    set(told)
  }
}
