import { setImmediate } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import type { Watcher } from '../../src/feed/channel.ts'
import { Hub } from '../../src/feed/hub.ts'
import type { SessionJson } from '../../src/live/snapshot.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { acme, FakeSource, START } from './feed-fixture.ts'

const SESSIONS = 20_000

/** A clock by which each session takes a hundredth of a millisecond of work. */
class WorkingClock extends HandClock {
  workedMs = 0

  override steadyMs(): number {
    return super.steadyMs() + this.workedMs
  }
}

class ManySessions extends FakeSource {
  made = 0
  readonly #clock: WorkingClock

  constructor(clock: WorkingClock) {
    super(acme)
    this.#clock = clock
  }

  override sessions(): Iterable<SessionJson> {
    const [one] = [...super.sessions()]
    const make = function* (this: ManySessions) {
      for (let number = 0; number < SESSIONS && one; number++) {
        this.#clock.workedMs += 0.01
        this.made++
        yield { ...one, username: `user-${number}` }
      }
    }.bind(this)
    // Made one by one as they are iterated.
    return { [Symbol.iterator]: make }
  }
}

let clock: WorkingClock
let source: ManySessions
let hub: Hub
let frames: Buffer[]
let watcher: Watcher

beforeEach(() => {
  clock = new WorkingClock(START)
  source = new ManySessions(clock)
  hub = new Hub({ source, alerts: { recent: () => [] }, clock, intervalMs: 1_000 })
  frames = []
  const put = (slot: string, frame: Buffer) => {
    if (slot.startsWith('sessions')) frames.push(frame)
  }
  watcher = { put, drop: () => {}, dismiss: () => {} }
  hub.join(watcher, { kind: 'tenant', tenant: acme })
})

/** Waits until everything under way is made. @returns how many turns other work had */
async function untilMade(): Promise<number> {
  const before = frames.length
  for (let turns = 1; turns <= 1_000; turns++) {
    await setImmediate()
    if (frames.length > before) return turns
  }
  throw new Error('no frame was made')
}

function messageOf(frame: Buffer | undefined): { seq: number; sessions: SessionJson[] } {
  return JSON.parse((frame ?? Buffer.of()).toString('utf8', 10))
}

test('many sessions are made in slices, between which other work runs, and none is missing', async () => {
  hub.subscribeSessions(watcher, acme)
  expect(frames).toEqual([])
  expect(source.made).toBeLessThanOrEqual(1_200)
  expect(await untilMade()).toBeGreaterThan(10)
  const { seq, sessions } = messageOf(frames[0])
  expect(seq).toBe(1)
  expect(sessions.map(it => it.username)).toEqual(
    Array.from({ length: SESSIONS }, (_, number) => `user-${number}`),
  )
})

test('a message of sessions is reused for ten times what it took, whatever the requests and the interval', async () => {
  const ending = new AbortController()
  const running = hub.run(ending.signal)
  hub.subscribeSessions(watcher, acme)
  await untilMade()
  // It took 200 ms.
  for (let second = 0; second < 10; second++) {
    await clock.turn(190)
    hub.refresh(watcher)
  }
  expect(source.made).toBe(SESSIONS)
  expect(new Set(frames).size).toBe(1)
  await clock.turn(1_100)
  await untilMade()
  expect(source.made).toBe(2 * SESSIONS)
  expect(messageOf(frames.at(-1)).seq).toBe(2)
  ending.abort()
  await running
})

test('a client that leaves while they are made gets none, and another who comes gets them', async () => {
  const other: Watcher = { ...watcher, put: (_slot, frame) => others.push(frame) }
  const others: Buffer[] = []
  hub.subscribeSessions(watcher, acme)
  hub.join(other, { kind: 'stats', tenant: acme })
  others.length = 0
  hub.subscribeSessions(other, acme)
  hub.unsubscribeSessions(watcher, acme)
  for (let turns = 0; turns < 1_000 && others.length === 0; turns++) await setImmediate()
  expect(messageOf(others[0]).sessions).toHaveLength(SESSIONS)
  expect(source.made).toBe(SESSIONS)
  expect(frames).toEqual([])
})
