import { constantFrom, integer, property, assert as propertyHolds, record, uniqueArray } from 'fast-check'
import { expect, test } from 'vitest'
import { decide } from '../../../src/accounting/decide.ts'
import { type SessionId, sessionId } from '../../../src/accounting/ids.ts'
import { adopt, type Ledger, NEW_LEDGER } from '../../../src/accounting/ledger.ts'
import { admissionTo } from '../../../src/accounting/limits/admission.ts'
import { ANY_ROOM, type Room } from '../../../src/accounting/limits/room.ts'
import type { Reading } from '../../../src/accounting/reading.ts'
import { type Candidate, RowAdmission } from '../../../src/routeros/rows/row-admission.ts'
import { runs } from '../../harness/random-runs.ts'
import { bytes, HQ, hotspot, TERMS } from '../readings.ts'

function newIds(name: string): () => SessionId {
  let last = 0
  return () => sessionId(`${name}-${++last}`)
}

function ledgerOf(...readings: readonly Reading[]): Ledger {
  const newId = newIds('before')
  return readings.reduce((ledger, it) => adopt(ledger, decide(ledger, it, TERMS, newId)), NEW_LEDGER)
}

/** The rows of a reading that a door admits. */
function admitted(ledger: Ledger, reading: Reading, room: Room): Reading {
  const admission = admissionTo(ledger, room)
  type Row = Reading['sessions'][number] | Reading['unread'][number]
  const held: Candidate[] = []
  const door = new RowAdmission(admission, () => held)
  const comesIn = (row: Row) => {
    const atDoor = { ...row, isUnreadable: !('uptimeSeconds' in row) }
    return door.admits(() => atDoor) && held.push(atDoor) > 0
  }
  const sessions = reading.sessions.filter(comesIn)
  const unread = reading.unread.filter(comesIn)
  return { ...reading, sessions, unread, leftOut: door.leftOut }
}

const NAMES = ['ann', 'bob', 'eve'] as const
const USER = {
  username: constantFrom(...NAMES, 'ann@north'),
  macAddress: constantFrom(...NAMES, undefined),
  ipAddress: constantFrom(...NAMES),
}
const ROW = record({
  ...USER,
  domain: constantFrom('north', undefined),
  login: constantFrom(-100, 5, 18),
  upload: integer({ min: 0, max: 9 }),
})
const IDENTITY = {
  selector: (it: { username: string; macAddress: string | undefined; ipAddress: string }) =>
    `${it.username} ${it.macAddress} ${it.ipAddress}`,
}
const ROWS = uniqueArray(ROW, { ...IDENTITY, maxLength: 8 }).map(rows =>
  rows.map(({ upload, ...row }) => ({ ...row, counters: bytes(upload, 0) })),
)

test('a reading means the same whether or not the rows beyond its room are in it', () => {
  propertyHolds(
    property(
      record({
        before: ROWS,
        last: ROWS,
        rows: ROWS,
        unreadable: uniqueArray(record(USER), { ...IDENTITY, maxLength: 3 }),
      }),
      record({ mostNew: integer({ min: 0, max: 4 }), mostSessions: integer({ min: 0, max: 6 }) }),
      constantFrom(HQ, { serial: undefined, identity: 'other' }),
      ({ before, last, rows, unreadable }, limits, device) => {
        const ledger = ledgerOf(hotspot(0, before), hotspot(10, last, { device }))
        const room = { ...ANY_ROOM, ...limits }
        const told = new Set(rows.map(IDENTITY.selector))
        const unread = unreadable.filter(row => !told.has(IDENTITY.selector(row)))
        const whole = hotspot(20, rows, { unread })
        const some = admitted(ledger, whole, room)
        const decided = (reading: Reading) => decide(ledger, reading, TERMS, newIds('new'), room)
        expect(decided(some)).toEqual(decided(whole))
      },
    ),
    { numRuns: runs(2_000) },
  )
})

test('rows of unknown sessions are admitted up to the limit, and no row of a known session is left out', () => {
  const user = (name: string) => ({ login: 5, username: name, macAddress: name, counters: bytes(1, 1) })
  const ledger = ledgerOf(hotspot(10, [user('ann'), user('bob')]))
  const others = Array.from({ length: 100 }, (_, number) => user(`other-${number}`))
  const reading = hotspot(20, [...others, user('bob'), { ...user('ann'), ipAddress: 'moved' }])
  const { sessions, leftOut } = admitted(ledger, reading, { ...ANY_ROOM, mostSessions: 3 })
  expect([sessions.map(it => it.username), leftOut]).toEqual([
    ['other-0', 'other-1', 'other-2', 'bob', 'ann'],
    97,
  ])
})
