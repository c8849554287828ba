import { expect, test } from 'vitest'
import { isExact, isWithin, leewayOf, type SessionHistory } from './bound.ts'

/** Read at seconds 1 to 5, 10 bytes up and 100 down each time. */
const ANN: SessionHistory = {
  ...{ loginAtMs: 0, logoutAtMs: undefined, resetsAtMs: [], isOnBinding: false },
  readings: [1, 2, 3, 4, 5].map(second => ({ atMs: second * 1000, added: bytes(1) })),
  tail: bytes(7),
}

function bytes(times: number): { upload: number; download: number } {
  return { upload: 10 * times, download: 100 * times }
}

function between(fromMs: number, toMs: number) {
  return { fromMs, toMs }
}

test('a session that goes on through a window is held to the byte', () => {
  expect(isExact(leewayOf([ANN], [between(2500, 4500)]))).toBe(true)
})

test('one that ended in it may be short of what was read in it', () => {
  const ended = { ...ANN, logoutAtMs: 5100 }
  expect(leewayOf([ended], [between(3500, 6000)]).shorts).toEqual([0, 1, 2].map(bytes))
})

test('one that ended before it, and was read before it, is held to the byte', () => {
  const ended = { ...ANN, logoutAtMs: 5100 }
  expect(isExact(leewayOf([ended], [between(5000, 7000)]))).toBe(true)
})

test('one that ended after it was read again is held to the byte', () => {
  const ended = { ...ANN, logoutAtMs: 5100 }
  expect(isExact(leewayOf([ended], [between(1500, 3000)]))).toBe(true)
})

test('a reply that tells of an ended session when the window has begun counts as read in it', () => {
  const ended = { ...ANN, logoutAtMs: 4500 }
  expect(leewayOf([ended], [between(4700, 6000)]).shorts).toEqual([0, 1].map(bytes))
})

test('of one that was reset in it, what was read before it may be missing, or all where its counter hid that', () => {
  const reset = { ...ANN, resetsAtMs: [3500] }
  expect(leewayOf([reset], [between(2500, 6000)]).shorts).toEqual([bytes(0), bytes(1), bytes(3)])
})

test('windows that touch are one: what the second one lost had waited since the first began', () => {
  const ended = { ...ANN, logoutAtMs: 5500 }
  expect(leewayOf([ended], [between(1500, 4000), between(3800, 6000)]).shorts).toEqual(
    [0, 1, 2, 3, 4].map(bytes),
  )
})

test('who came back on a binding in a window may have what was moved unread before', () => {
  const first = { ...ANN, isOnBinding: true, logoutAtMs: 1500 }
  const second = { ...ANN, isOnBinding: true, loginAtMs: 3500, tail: bytes(0) }
  expect(leewayOf([first, second], [between(3000, 6000)]).over).toEqual(bytes(7))
  expect(leewayOf([first, second], [between(6000, 7000)]).over).toEqual(bytes(0))
})

test('only whole readings may be missing', () => {
  const ended = { ...ANN, logoutAtMs: 5100 }
  const leeway = leewayOf([ended, ended], [between(3500, 6000)])
  const isRecorded = (upload: bigint, download: bigint) =>
    isWithin(leeway, { upload: 100n, download: 1000n }, { upload, download })
  expect(isRecorded(100n, 1000n)).toBe(true)
  expect(isRecorded(70n, 700n)).toBe(true)
  expect(isRecorded(75n, 750n)).toBe(false)
  expect(isRecorded(70n, 800n)).toBe(false)
  expect(isRecorded(50n, 500n)).toBe(false)
  expect(isRecorded(110n, 1100n)).toBe(false)
})
