import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { metricsOf } from './measures.ts'

/** The names of all metrics that the daemon tells, with those that histograms have their series under. */
async function told(): Promise<ReadonlySet<string>> {
  const { body } = await metricsOf().answer(new URLSearchParams(), {})
  return new Set(
    Array.from(body.matchAll(/^# TYPE (\S+) (\S+)/gm)).flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  )
}

describe.each(['config/tikmeter.rules.yaml', 'config/tikmeter.grafana.json'])('%s', file => {
  it('asks only for what the daemon tells', async () => {
    const names = await told()
    const asked = readFileSync(file, 'utf8').match(/\b(?:tikmeter|process|nodejs)_[a-z0-9_]+/g) ?? []
    expect(asked.length).toBeGreaterThan(10)
    expect(asked.filter(name => !names.has(name))).toEqual([])
  })
})
