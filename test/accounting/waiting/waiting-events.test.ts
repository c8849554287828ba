import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { LedgerEvent } from '../../../src/accounting/entry.ts'
import { WaitingEvents } from '../../../src/accounting/waiting/waiting-events.ts'
import { wallAt } from '../readings.ts'

function stall(seconds: number): LedgerEvent {
  return { kind: 'stall', at: wallAt(seconds), detail: { session_id: 'a', idle_seconds: 900 } }
}

function glitch(seconds: number, session: string, upload: number, download = 0): LedgerEvent {
  return { kind: 'glitch', at: wallAt(seconds), detail: { session_id: session, upload, download } }
}

function waiting(most: number, events: readonly LedgerEvent[]): WaitingEvents {
  const all = new WaitingEvents(most)
  for (const event of events) all.add(event)
  return all
}

/** Sums for each session, kind and minute, because all bytes of an event can be accepted for one day only. */
function bytesByPlace(events: readonly LedgerEvent[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const { kind, at, detail } of events) {
    const upload = Number(detail['upload'] ?? 0)
    if (upload === 0) continue
    const key = `${kind} ${String(detail['session_id'])} ${Math.floor(at.getTime() / 60_000)}`
    sums.set(key, (sums.get(key) ?? 0) + upload)
  }
  return sums
}

describe('events that wait', () => {
  it('are kept one by one as long as there are few', () => {
    const events = [stall(0), glitch(1, 'a', 5), glitch(2, 'a', 6)]
    expect(waiting(3, events).all).toEqual(events)
  })

  it('are counted in one event beyond that, if they have no bytes', () => {
    const reset: LedgerEvent = { kind: 'reset', at: wallAt(9), detail: { session_id: 'a' } }
    const { all, joined } = waiting(1, [stall(0), stall(1), reset, stall(3)])
    expect(all).toEqual([
      stall(0),
      { kind: 'joined', at: wallAt(3), detail: { events: 3, stall: 2, reset: 1 } },
    ])
    expect(joined).toBe(3)
  })

  it('are added up for each session beyond that, if they have bytes', () => {
    const { all, joined } = waiting(0, [glitch(0, 'a', 5, 1), glitch(1, 'b', 7), glitch(2, 'a', 10, 2)])
    expect(all).toEqual([
      { kind: 'glitch', at: wallAt(2), detail: { session_id: 'a', upload: 15, download: 3, events: 2 } },
      glitch(1, 'b', 7),
    ])
    expect(joined).toBe(1)
  })

  it('are not added up if the sum would not be exact', () => {
    const events = [glitch(0, 'a', Number.MAX_SAFE_INTEGER), glitch(1, 'a', 1)]
    expect(waiting(0, events).all).toEqual(events)
  })

  it('of an earlier process stay as they are, and leave less room', () => {
    const all = new WaitingEvents(2)
    all.addAll([stall(0), stall(1), stall(2)])
    all.add(stall(3))
    expect(all.all.map(it => it.kind)).toEqual(['stall', 'stall', 'stall', 'joined'])
  })
})

test('a router that causes 400,000 events keeps few of them', () => {
  const all = new WaitingEvents(1_000)
  for (let number = 0; number < 200_000; number++) {
    all.add(stall(number / 10_000))
    all.add(glitch(number / 10_000, `s${number % 500}`, 1))
  }
  expect(all.all.length).toBeLessThan(2_001)
  expect(all.all.reduce((sum, { detail }) => sum + Number(detail['upload'] ?? 0), 0)).toBe(200_000)
})

test('no byte of an event is lost, nor moved to another session, kind or minute', () => {
  const event = fc.oneof(
    fc.integer({ min: 0, max: 600 }).map(stall),
    fc
      .tuple(
        fc.integer({ min: 0, max: 600 }),
        fc.constantFrom('a', 'b', 'c'),
        fc.integer({ min: 0, max: 1e12 }),
      )
      .map(([seconds, session, upload]) => glitch(seconds, session, upload)),
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), fc.array(event, { maxLength: 60 }), (most, events) => {
      const { all, joined } = waiting(most, events)
      expect(bytesByPlace(all)).toEqual(bytesByPlace(events))
      const rest = all.find(it => it.kind === 'joined')
      expect(all.length - (rest ? 1 : 0)).toBe(events.length - joined)
    }),
  )
})
