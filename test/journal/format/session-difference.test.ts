import { describe, expect, it } from 'vitest'
import { type ByDirection, countedUpTo, type Doubt } from '../../../src/accounting/counting/mark.ts'
import { sessionId } from '../../../src/accounting/ids.ts'
import type { Session } from '../../../src/accounting/session.ts'
import { grownSession } from '../../../src/accounting/session.ts'
import { growthOf, isSameSession } from '../../../src/journal/format/session-difference.ts'
import { bytes, PLAIN_SESSION, steadyAt, wallAt } from '../../accounting/readings.ts'

const ANN: Session = {
  id: sessionId('ann'),
  service: 'ppp',
  protocol: 'pppoe',
  username: 'ann',
  server: undefined,
  macAddress: undefined,
  ipAddress: '10.0.0.7',
  routerSessionId: '0x81',
  callerId: '34:12:F9:8A:21:4C',
  binding: undefined,
  startMs: wallAt(-60).getTime(),
  login: { earliestMs: steadyAt(-61), latestMs: steadyAt(-60) },
  mark: countedUpTo(bytes(100, 1000)),
  recorded: bytes(90, 900),
  lastMovedMs: steadyAt(0),
  ...PLAIN_SESSION,
}
const NOW_MS = steadyAt(5)
const LATER = grownSession(ANN, bytes(7, 70), NOW_MS) ?? expect.fail()

const NO_DOUBT: Doubt = { fall: undefined, leap: undefined, olds: [], ahead: 0 }
const DOUBTS: readonly ByDirection<Doubt>[] = [
  { upload: { ...NO_DOUBT, olds: [{ mark: 1, base: 2 }] }, download: undefined },
  { upload: undefined, download: { ...NO_DOUBT, ahead: 3 } },
  { upload: undefined, download: { ...NO_DOUBT, fall: { atMs: 1, sinceMs: 2, shown: 3, least: 4 } } },
  { upload: { ...NO_DOUBT, leap: { from: 1, counted: 2, sinceMs: 3 } }, download: undefined },
]

/** One change for each field that can differ. */
const CHANGES: readonly Partial<Session>[] = [
  { id: sessionId('another') },
  { service: 'hotspot' },
  { protocol: 'l2tp' },
  { username: 'bob' },
  { server: 's1' },
  { macAddress: '34:12:F9:8A:21:4C' },
  { ipAddress: undefined },
  { routerSessionId: undefined },
  { callerId: undefined },
  { binding: 'pppoe-ann' },
  { startMs: wallAt(-61).getTime() },
  { login: { ...ANN.login, earliestMs: steadyAt(-62) } },
  { login: { ...ANN.login, latestMs: steadyAt(-59) } },
  { domain: 'north.example' },
  { mark: { kind: 'owed', from: 'login', sinceMs: undefined, shown: undefined } },
  { mark: { ...countedUpTo(bytes(107, 1070)), sinceMs: NOW_MS } },
  { mark: countedUpTo(bytes(99, 1070)) },
  { mark: countedUpTo(bytes(107, 999)) },
  ...DOUBTS.map(doubts => ({ mark: { ...countedUpTo(bytes(107, 1070)), doubts } })),
  { recorded: bytes(96, 970) },
  { recorded: bytes(97, 971) },
  { lastMovedMs: NOW_MS + 0.5 },
  { reported: 1 },
  { missed: { lastSeenMs: 1, goneMs: 2 } },
  { guessed: '<pppoe-ann>' },
  { among: '<pppoe-ann>' },
]

describe('a session that only grew', () => {
  it('is written as what it grew by', () => {
    expect(growthOf(ANN, LATER, NOW_MS)).toEqual(bytes(7, 70))
    expect(LATER.recorded).toEqual(bytes(97, 970))
  })

  it('is written so too if its counters were unknown for a while', () => {
    const unknown = { ...ANN, mark: { ...countedUpTo(bytes(100, 1000)), sinceMs: -1 } }
    expect(growthOf(unknown, LATER, NOW_MS)).toEqual(bytes(7, 70))
    expect(grownSession(unknown, bytes(7, 70), NOW_MS)).toStrictEqual(LATER)
  })

  it.each(CHANGES)('did nothing else: not with %o', change => {
    expect(growthOf(ANN, { ...LATER, ...change }, NOW_MS)).toBeUndefined()
  })

  it('is written whole if a sum is beyond exact numbers', () => {
    const last = { ...ANN, recorded: bytes(2 ** 53, 0) }
    const next = { ...LATER, recorded: bytes(2 ** 53 + 2, 70) }
    expect(growthOf(last, next, NOW_MS)).toBeUndefined()
  })
})

it.each(CHANGES)('a session with %o is not the same', change => {
  expect(isSameSession(LATER, { ...LATER })).toBe(true)
  expect(isSameSession(LATER, { ...LATER, ...change })).toBe(false)
})
