import { Counter, Gauge, type Registry } from 'prom-client'

type Labels = Readonly<Record<string, string>>
export type Told = readonly [labels: Labels, value: number]

/** A metric with as many series as there are labels at the time it is asked for. */
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
      collect() {
        this.reset()
        for (const [labels, value] of tell()) this.set(labels, value)
      },
    })
  else
    new Counter({
      ...common,
      collect() {
        this.reset()
        for (const [labels, value] of tell()) this.inc(labels, value)
      },
    })
}
