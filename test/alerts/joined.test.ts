import { expect, test } from 'vitest'
import type { AlertJson } from '../../src/accounting/alert.ts'
import { JoinedAlerts } from '../../src/alerts/joined.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { acme } from './alert-scene.ts'
import { outage } from './alerts.ts'

function more(subject: string, count: number): AlertJson {
  return {
    ...{ id: 7, rule: 'heavy', kind: 'more', scope: 'router', subject, period: '2026-11-26T10:00:00.000Z' },
    ...{ fired_at: '2026-11-26T10:00:00.000Z', ended_at: null, detail: { count } },
  }
}

test('alerts that are only reported as a number are counted, and each such router is logged once', () => {
  const lines = new LogLines()
  const counts: number[] = []
  const joined = new JoinedAlerts({
    observer: { alertsJoined: count => void counts.push(count) },
    log: lines.log,
  })
  joined.note(outage())
  for (const alert of [more('hq', 900), more('hq', 50), more('hill', 3)]) joined.note({ tenant: acme, alert })
  expect(counts).toEqual([900, 50, 3])
  expect(lines.told).toMatchObject([
    { level: 40, router: 'acme/hq', rule: 'heavy', alerts: 900 },
    { level: 40, router: 'acme/hill', alerts: 3 },
  ])
})
