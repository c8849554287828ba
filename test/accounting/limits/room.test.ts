import { expect, test } from 'vitest'
import { decide } from '../../../src/accounting/decide.ts'
import type { Decision } from '../../../src/accounting/entry.ts'
import { sessionId } from '../../../src/accounting/ids.ts'
import { adopt, type Ledger, NEW_LEDGER, openSessions } from '../../../src/accounting/ledger.ts'
import { ANY_ROOM, type Room } from '../../../src/accounting/limits/room.ts'
import type { Reading } from '../../../src/accounting/reading.ts'
import { ann, binding, bytes, deltaOf, events, hotspot, kinds, ppp, type Row, TERMS } from '../readings.ts'

/** A ledger whose readings have a limited room. */
function crowded() {
  let ledger: Ledger = NEW_LEDGER
  let last = 0
  const read = (reading: Reading, most: number, room: Partial<Room> = {}) => {
    const left = { ...ANY_ROOM, mostSessions: most, ...room }
    const decision = decide(ledger, reading, TERMS, () => sessionId(`session-${++last}`), left)
    ledger = adopt(ledger, decision)
    return decision
  }
  return { read, names: () => openSessions(ledger).map(it => it.username) }
}

function user(name: string, upload: number, login = 10): Row {
  return { login, username: name, macAddress: name, ipAddress: name, counters: bytes(upload, 0) }
}

test('beyond the room, known sessions continue and are counted, and only others are left out', () => {
  const { read, names } = crowded()
  read(hotspot(0, []), 2)
  const first = read(hotspot(20, [user('ann', 5), user('bob', 7), user('eve', 9)]), 2)
  expect([kinds(first), deltaOf(first), first.leftOut]).toEqual([['start', 'start'], bytes(12, 0), 1])
  expect(first.events).toMatchObject([{ kind: 'left_out', detail: { service: 'hotspot', sessions: 1 } }])
  // The order of rows does not matter.
  const next = read(hotspot(30, [user('eve', 90), user('dan', 1, 25), user('bob', 17), user('ann', 15)]), 2)
  expect([kinds(next), deltaOf(next), next.leftOut]).toEqual([['interim', 'interim'], bytes(20, 0), 2])
  expect(names()).toEqual(['ann', 'bob'])
})

test('a limit below what is open ends nothing', () => {
  const { read, names } = crowded()
  read(hotspot(20, [user('ann', 5), user('bob', 7)]), 2)
  const next = read(hotspot(30, [user('ann', 6), user('bob', 8)]), 1)
  expect([deltaOf(next), next.leftOut]).toEqual([bytes(2, 0), undefined])
  expect(names()).toEqual(['ann', 'bob'])
})

test('a session that is gone makes room in the same reading', () => {
  const { read, names } = crowded()
  read(hotspot(0, []), 1)
  read(hotspot(20, [user('ann', 5)]), 1)
  const next = read(hotspot(30, [user('bob', 7, 25)]), 1)
  expect([deltaOf(next), next.leftOut]).toEqual([bytes(7, 0), undefined])
  expect(names()).toContain('bob')
})

test('a row that was left out and has room later is counted from a baseline, and never twice', () => {
  const { read } = crowded()
  read(hotspot(0, []), 1)
  read(hotspot(20, [user('ann', 5), user('bob', 7)]), 1)
  const opened = read(hotspot(100, [user('ann', 5), user('bob', 70)]), 2)
  expect([kinds(opened), deltaOf(opened), events(opened)]).toEqual([['start'], bytes(0, 0), ['baseline']])
  expect(deltaOf(read(hotspot(110, [user('ann', 5), user('bob', 75)]), 2))).toEqual(bytes(5, 0))
})

test('no more sessions begin than the limit of new ones, however many may be open', () => {
  const { read, names } = crowded()
  const decision = read(hotspot(20, [user('ann', 5), user('bob', 7)]), 100, { mostNew: 1 })
  expect([names(), decision.leftOut]).toEqual([['ann'], 1])
})

test('rows that are left out are reported once, and rows without an uptime count like others', () => {
  const { read, names } = crowded()
  read(hotspot(20, [user('ann', 5)]), 1)
  const unread = [{ username: 'bob', macAddress: 'bob', ipAddress: 'bob' }]
  const decision = read(hotspot(30, [user('ann', 5)], { unread }), 1, { isReported: true })
  expect([names(), decision.leftOut, events(decision)]).toEqual([['ann'], 1, []])
})

test('bindings beyond the room are not kept, known ones continue, and it is reported once', () => {
  const { read } = crowded()
  const of = (...uploads: readonly number[]) => ({
    bindings: uploads.map((upload, index) => binding(`pppoe-${index}`, upload, 0)),
  })
  const kept = (decision: Decision) => [...decision.bindings.keys()]
  expect(kept(read(ppp(0, [], of(10)), 9, { mostBindings: 2 }))).toEqual(['pppoe-0'])
  const crowd = read(ppp(5, [], of(20, 10, 10, 10)), 9, { mostBindings: 2 })
  expect([kept(crowd), crowd.leftOut]).toEqual([['pppoe-0', 'pppoe-1'], undefined])
  expect(crowd.events).toMatchObject([
    { kind: 'left_out', detail: { service: 'ppp', sessions: 0, bindings: 2 } },
  ])
  const later = read(ppp(10, [], of(20, 30, 40, 10)), 9, { mostBindings: 2, isReported: true })
  expect([kept(later), events(later)]).toEqual([['pppoe-1'], []])
  // The counter of the third is unknown at the begin of its session.
  const on = (name: string, upload: number) => ann(12, bytes(upload, 0), { username: name, binding: name })
  const begun = read(ppp(15, [on('pppoe-1', 35), on('pppoe-2', 50)], of(20, 35, 50, 10)), 9, {
    mostBindings: 2,
  })
  expect(deltaOf(begun)).toEqual(bytes(5, 0))
})
