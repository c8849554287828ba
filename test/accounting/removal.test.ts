import { expect, test } from 'vitest'
import { adopt, NEW_LEDGER, openCount } from '../../src/accounting/ledger.ts'
import { removal } from '../../src/accounting/removal.ts'
import { ann, bytes, deltaOf, events, hotspot, kinds, Meter, stopsOf, wallAt } from './readings.ts'

test('sessions of a router that left the config end at the last reading, as removed', () => {
  const meter = new Meter()
  meter.read(hotspot(0, [ann(-60, bytes(100, 2000))]))
  const decision = removal(meter.ledger, 'hotspot')
  if (!decision) throw new Error('a session was open')
  expect(stopsOf(decision)).toMatchObject([
    { reason: 'removed', lastSeenAt: wallAt(0), endTime: wallAt(0), session: { username: 'ann' } },
  ])
  expect(deltaOf(decision)).toEqual(bytes(0, 0))
  const after = adopt(meter.ledger, decision)
  expect(openCount(after)).toBe(0)
  expect(removal(after, 'hotspot')).toBeUndefined()
})

test('none end where none is open, nor where the router was never read', () => {
  expect(removal(NEW_LEDGER, 'ppp')).toBeUndefined()
})

test('a session that is still there when its router is back counts from where it is found', () => {
  const meter = new Meter()
  meter.read(hotspot(0, [ann(-60, bytes(100, 2000))]))
  meter.remove('hotspot')
  const found = meter.read(hotspot(60, [ann(-60, bytes(180, 9000))]))
  expect(kinds(found)).toEqual(['start'])
  expect(events(found)).toEqual(['baseline'])
  expect(deltaOf(found)).toEqual(bytes(0, 0))
  expect(deltaOf(meter.read(hotspot(65, [ann(-60, bytes(181, 9000))])))).toEqual(bytes(1, 0))
})

test('one that logged in just before the last reading is not counted twice, and one that came after is whole', () => {
  const meter = new Meter()
  meter.read(hotspot(0, [ann(-1, bytes(100, 2000))]))
  meter.remove('hotspot')
  const found = meter.read(hotspot(60, [ann(-1, bytes(180, 9000)), ann(30, bytes(7, 8), { username: 'bo' })]))
  expect(deltaOf(found)).toEqual(bytes(7, 8))
  expect(events(found)).toEqual(['baseline'])
})
