import { expect, test } from 'vitest'
import type { Watcher } from '../../src/feed/channel.ts'
import { Hub } from '../../src/feed/hub.ts'
import { SharedSnapshots } from '../../src/feed/shared-snapshots.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { acme, FakeSource, globex, START } from './feed-fixture.ts'

function watcher(shown: string[]): Watcher {
  return { put: slot => shown.push(slot), drop: () => {}, dismiss: () => {} }
}

test('each turn makes a tenant’s snapshot once, for clients of both protocols', async () => {
  const clock = new HandClock(START)
  const source = new FakeSource(acme)
  const hub = new Hub({ source, alerts: { recent: () => [] }, clock, intervalMs: 5000 })
  const stopping = new AbortController()
  const running = hub.run(stopping.signal)
  const shown: string[] = []
  hub.join(watcher(shown), { kind: 'tenant', tenant: acme })
  hub.join(watcher(shown), { kind: 'stats', tenant: acme })
  const joined = source.asked.length
  await clock.turn(10_000)
  expect(source.asked.length - joined).toBe(2)
  expect(shown).toEqual(Array.from({ length: 3 }, () => ['snapshot/acme', 'stats/acme']).flat())
  stopping.abort()
  await running
})

test('another moment, however close, has another snapshot, and so has another tenant', () => {
  const source = new FakeSource(acme, globex)
  const shared = new SharedSnapshots(source)
  const now = new Date(START)
  expect(shared.snapshot(acme, now)).toBe(shared.snapshot(acme, now))
  expect(source.asked).toEqual([acme])
  shared.snapshot(acme, new Date(START))
  shared.snapshot(globex, now)
  shared.snapshot(acme, now)
  expect(source.asked).toEqual([acme, acme, globex, acme])
})
