import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { metricsRoute } from '../../src/api/metrics.ts'
import { Observed } from '../../src/api/observed.ts'
import { MEASURES } from './measures.ts'

/** The names of all metrics that the daemon tells, with those that histograms have their series under. */
async function told(): Promise<ReadonlySet<string>> {
  const route = metricsRoute(MEASURES, '0.1.0', new Observed())
  if (route.kind !== 'open') throw new Error('metrics need no token')
  const { body } = await route.answer(new URLSearchParams())
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
