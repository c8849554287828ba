import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { metricsOf } from './measures.ts'

/** The names of all metrics of the daemon, including the series of histograms. */
async function namesOfMetrics(): Promise<ReadonlySet<string>> {
  const { body } = await metricsOf().answer(new URLSearchParams(), {})
  return new Set(
    Array.from(body.matchAll(/^# TYPE (\S+) (\S+)/gm)).flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  )
}

describe.each(['config/tikmeter.rules.yaml', 'config/tikmeter.grafana.json'])('%s', file => {
  it('uses only metrics that the daemon has', async () => {
    const names = await namesOfMetrics()
    const asked = readFileSync(file, 'utf8').match(/\b(?:tikmeter|process|nodejs)_[a-z0-9_]+/g) ?? []
    expect(asked.length).toBeGreaterThan(10)
    expect(asked.filter(name => !names.has(name))).toEqual([])
  })
})
