import { setImmediate } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { type TenantId, tenantId } from '../../src/accounting/ids.ts'
import type { AlertSource } from '../../src/feed/alert-topic.ts'
import type { Watcher } from '../../src/feed/channel.ts'
import { Hub } from '../../src/feed/hub.ts'
import type { Snapshot, Totals } from '../../src/live/snapshot.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { acme, FakeSource, START } from './feed-fixture.ts'

/** A busy machine: timers fire late by these times, and work takes time. */
class BusyClock implements Clock {
  nowMs = 0
  readonly #oversleepsMs: number[] = []
  readonly #stop = new AbortController()

  /** Stops after this many sleeps. */
  constructor(oversleepsMs: readonly number[]) {
    this.#oversleepsMs.push(...oversleepsMs)
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  now(): Date {
    return new Date(this.nowMs)
  }

  steadyMs(): number {
    return this.nowMs
  }

  async sleep(ms: number): Promise<void> {
    const oversleepMs = this.#oversleepsMs.shift()
    if (oversleepMs === undefined) this.#stop.abort()
    else this.nowMs += Math.max(0, ms) + oversleepMs
  }
}

/** A source whose snapshots take time. */
class SlowSource extends FakeSource {
  readonly #clock: BusyClock
  readonly #takesMs: number

  constructor(clock: BusyClock, takesMs: number, ...tenants: readonly TenantId[]) {
    super(...tenants)
    this.#clock = clock
    this.#takesMs = takesMs
  }

  override snapshot(tenant: TenantId, now: Date): Snapshot {
    this.#clock.nowMs += this.#takesMs
    return super.snapshot(tenant, now)
  }
}

const NO_ALERTS: AlertSource = { recent: () => [] }
const shownAtMs: number[] = []

function watcher(clock: Clock): Watcher {
  return { put: () => shownAtMs.push(clock.steadyMs()), drop: () => {}, dismiss: () => {} }
}

beforeEach(() => {
  shownAtMs.length = 0
})

test('a late turn is not skipped, and the next ones are on time', async () => {
  const clock = new BusyClock([0, 1_100, 0, 0])
  const hub = new Hub({ source: new FakeSource(acme), alerts: NO_ALERTS, clock, intervalMs: 1_000 })
  hub.join(watcher(clock), { kind: 'tenant', tenant: acme })
  await hub.run(clock.signal)
  expect(shownAtMs).toEqual([0, 1_000, 3_100, 3_100, 4_000])
})

test('turns that are missed are skipped', async () => {
  const clock = new BusyClock([0, 5_500, 0, 0])
  const hub = new Hub({ source: new FakeSource(acme), alerts: NO_ALERTS, clock, intervalMs: 1_000 })
  hub.join(watcher(clock), { kind: 'tenant', tenant: acme })
  await hub.run(clock.signal)
  expect(shownAtMs).toEqual([0, 1_000, 7_500, 7_500, 8_000])
})

test('the work of a turn gives way to other work', async () => {
  const clock = new BusyClock([0, 0, 0])
  const tenants = Array.from({ length: 6 }, (_, number) => tenantId(`tenant-${number}`))
  const hub = new Hub({
    source: new SlowSource(clock, 5, ...tenants),
    alerts: NO_ALERTS,
    clock,
    intervalMs: 1_000,
  })
  hub.join(watcher(clock), { kind: 'all' })
  clock.nowMs = 0
  shownAtMs.length = 0
  const shownBefore: number[] = []
  const running = hub.run(clock.signal)
  while (!clock.signal.aborted) {
    await setImmediate()
    shownBefore.push(shownAtMs.length)
  }
  await running
  // Two snapshots of five milliseconds, and then a pause.
  expect(shownBefore.slice(0, 2)).toEqual([2, 4])
})

test('the system is summed up only for its subscribers', async () => {
  const clock = new HandClock(START)
  let sums = 0
  class CountedSource extends FakeSource {
    override totals(): Totals {
      sums += 1
      return super.totals()
    }
  }
  const hub = new Hub({ source: new CountedSource(acme), alerts: NO_ALERTS, clock, intervalMs: 1_000 })
  const stop = new AbortController()
  const running = hub.run(stop.signal)
  const [stayer, leaver] = [watcher(clock), watcher(clock)]
  for (const one of [stayer, leaver]) hub.join(one, { kind: 'all' })
  hub.subscribeSystem(leaver)
  expect(sums).toBe(1)
  await clock.turn(1_000)
  expect(sums).toBe(2)
  hub.leave(leaver)
  await clock.turn(1_000)
  expect(sums).toBe(2)
  stop.abort()
  await running
})

test('a source that has its own moments is published when it says so, and knows who is watched', async () => {
  const clock = new HandClock(START)
  const asked: TenantId[] = []
  let tell: (tenant: TenantId) => void = () => expect.fail('nobody listens')
  class ToldSource extends FakeSource {
    override snapshot(tenant: TenantId, now: Date): Snapshot {
      asked.push(tenant)
      return super.snapshot(tenant, now)
    }

    whenShown(call: (tenant: TenantId) => void): void {
      tell = call
    }
  }
  const globex = tenantId('globex')
  const hub = new Hub({
    ...{ source: new ToldSource(acme, globex), alerts: NO_ALERTS, clock, intervalMs: 1_000 },
  })
  const stop = new AbortController()
  const running = hub.run(stop.signal)
  hub.join(watcher(clock), { kind: 'tenant', tenant: acme })
  expect(shownAtMs).toHaveLength(1)
  asked.length = 0
  await clock.turn(3_000)
  // Nobody gets anything, but the source is asked for the tenant that is watched.
  expect(shownAtMs).toHaveLength(1)
  expect(new Set(asked)).toEqual(new Set([acme]))
  tell(acme)
  tell(globex)
  expect(shownAtMs).toHaveLength(2)
  stop.abort()
  await clock.turn(1_000)
  await running
})
