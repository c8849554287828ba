import { expect, test } from 'vitest'
import type { FaultKind } from './kinds.ts'
import { unreadTimes } from './unread.ts'

function change(fromMs: number, toMs: number) {
  return { router: 'hq', service: 'ppp', from: 'usage-a', to: 'usage-b', fromMs, toMs } as const
}

function fault(kind: FaultKind, fromMs: number, toMs: number) {
  return { kind, fromMs, toMs }
}

test('a change of reader is a move unless a fault is about it, and an orderly stop is none', () => {
  const changes = [change(1_000, 2_500)]
  const inMoves = [1_500]
  expect(unreadTimes(changes, [], [])).toEqual({ inMoves, afterCrashes: [] })
  expect(unreadTimes(changes, [fault('SIGTERM, back later', 900, 3_000)], []).inMoves).toEqual(inMoves)
  expect(unreadTimes(changes, [fault('postgres kill -9', 2_600, 3_000)], []).inMoves).toEqual(inMoves)
  expect(unreadTimes(changes, [fault('postgres kill -9', 2_400, 3_000)], []).inMoves).toEqual([])
  // It recovers.
  expect(unreadTimes([change(3_500, 6_000)], [fault('postgres kill -9', 1_500, 2_000)], []).inMoves).toEqual(
    [],
  )
})

test('a change is after a crash if its reader was killed in it, and nothing else was wrong', () => {
  const changes = [change(3_500, 9_000)]
  const crash = { reader: 'usage-a', atMs: 4_000 }
  const killed = fault('kill -9, taken over', 2_000, 10_000)
  expect(unreadTimes(changes, [killed], [crash])).toEqual({ inMoves: [], afterCrashes: [5_500] })
  const none = { inMoves: [], afterCrashes: [] }
  expect(unreadTimes(changes, [killed, fault('cut to the database', 3_000, 4_000)], [crash])).toEqual(none)
  expect(unreadTimes([change(4_500, 9_000)], [killed], [crash])).toEqual(none)
  expect(unreadTimes(changes, [killed], [{ ...crash, reader: 'usage-c' }])).toEqual(none)
})
