import { expect, test } from 'vitest'
import { isExact, isWithin, leewayOf } from './bound.ts'
import type { SessionHistory } from './history.ts'

/** Read at seconds 1 to 5, 10 bytes up and 100 down each time. */
const ANN: SessionHistory = {
  ...{
    loginAtMs: 0,
    logoutAtMs: undefined,
    resetsAtMs: [],
    isOnBinding: false,
    isSpare: false,
    isRenamedSince: false,
  },
  readSinceReturnMs: undefined,
  readings: [1, 2, 3, 4, 5].map(second => readingAt(second, second)),
  tail: bytes(7),
}

function readingAt(second: number, shown: number) {
  return {
    atMs: second * 1000,
    shownMs: second * 1000,
    added: bytes(1),
    counters: bytes(shown),
    isLie: false,
  }
}

function bytes(times: number): { upload: number; download: number } {
  return { upload: 10 * times, download: 100 * times }
}

/** One reading a second, with these counters. */
function shown(...times: readonly number[]) {
  return times.map((counters, index) => readingAt(index + 1, counters))
}

function between(fromMs: number, toMs: number) {
  return { fromMs, toMs }
}

test('a session that continues through a window is held to the byte', () => {
  expect(isExact(leewayOf([ANN], [between(2500, 4500)]))).toBe(true)
})

test('a session that ended in a window may lack what was read in it', () => {
  const ended = { ...ANN, logoutAtMs: 5100 }
  expect(leewayOf([ended], [between(3500, 6000)]).shorts).toEqual([0, 1, 2].map(bytes))
})

test('so may a session that no reading has had since, because its server row is unknown', () => {
  expect(leewayOf([ANN], [between(3500, 6000)]).shorts).toEqual([0, 1, 2].map(bytes))
})

test('a session that ended and was read before a window is held to the byte', () => {
  const ended = { ...ANN, logoutAtMs: 5100 }
  expect(isExact(leewayOf([ended], [between(5000, 7000)]))).toBe(true)
})

test('a session that ended after it was read again is held to the byte', () => {
  const ended = { ...ANN, logoutAtMs: 5100 }
  expect(isExact(leewayOf([ended], [between(1500, 3000)]))).toBe(true)
})

test('a reply about an ended session that arrives in a window counts as read in it', () => {
  const ended = { ...ANN, logoutAtMs: 4500 }
  expect(leewayOf([ended], [between(4700, 6000)]).shorts).toEqual([0, 1].map(bytes))
})

test('a session that was reset in a window may lack earlier bytes read in it, or all if its counter hid the reset', () => {
  const reset = { ...ANN, resetsAtMs: [3500] }
  const leeway = leewayOf([reset], [between(2500, 5000)])
  expect(leeway.shorts).toEqual([0, 1].map(bytes))
  expect(leeway.slack).toEqual(bytes(3))
})

test('a session that was reset far below its counter is held to the byte', () => {
  const reset = { ...ANN, resetsAtMs: [3500], readings: shown(10, 20, 30, 1, 2) }
  expect(isExact(leewayOf([reset], []))).toBe(true)
})

test('a session that ended with the first reading after its reset is held to the byte if that showed less than half', () => {
  const reset = { ...ANN, resetsAtMs: [4500], logoutAtMs: 5500 }
  expect(isExact(leewayOf([{ ...reset, readings: shown(10, 20, 30, 40, 19) }], []))).toBe(true)
  expect(leewayOf([{ ...reset, readings: shown(10, 20, 30, 40, 20) }], []).slack).toEqual(bytes(40))
})

test('a session whose counters were back within two readings of their reset may lack everything before it', () => {
  const reset = { ...ANN, resetsAtMs: [3500] }
  expect(leewayOf([{ ...reset, readings: shown(1, 2, 3, 1, 3) }], []).slack).toEqual(bytes(3))
})

test('so may a session whose counters leap back to their old value', () => {
  const reset = { ...ANN, resetsAtMs: [2500], readings: shown(10, 20, 1, 2, 20) }
  expect(leewayOf([reset], []).slack).toEqual(bytes(20))
})

test('a lie costs nothing once a reading is true', () => {
  const readings = ANN.readings.map((it, index) => ({ ...it, isLie: index === 2 }))
  expect(isExact(leewayOf([{ ...ANN, readings }], []))).toBe(true)
})

test('the bytes of last readings that lied may be missing, with those of lost readings before them', () => {
  const readings = ANN.readings.map((it, index) => ({ ...it, isLie: index === 2 || index === 4 }))
  expect(leewayOf([{ ...ANN, readings }], []).slack).toEqual(bytes(1))
  expect(leewayOf([{ ...ANN, readings }], [between(3500, 4500)]).slack).toEqual(bytes(3))
})

test('a reset amid lies is in doubt', () => {
  const readings = shown(10, 20, 30, 1, 2).map((it, index) => ({ ...it, isLie: index === 3 }))
  expect(leewayOf([{ ...ANN, resetsAtMs: [3500], readings }], []).slack).toEqual(bytes(30))
})

test('on a router that replaces another, counting begins with the first reading that is not lost', () => {
  expect(leewayOf([{ ...ANN, isSpare: true }], []).slack).toEqual(bytes(1))
  expect(leewayOf([{ ...ANN, isSpare: true }], [between(500, 3000)]).slack).toEqual(bytes(3))
  expect(leewayOf([{ ...ANN, isSpare: true }], [between(500, 9500)]).slack).toEqual(bytes(5))
})

test('so it does for a session on a binding of a router that came back, before any reading', () => {
  const back = { ...ANN, isOnBinding: true, readSinceReturnMs: [] }
  expect(leewayOf([back], []).slack).toEqual(bytes(1))
  expect(leewayOf([{ ...back, isOnBinding: false }], []).slack).toEqual(bytes(0))
  expect(leewayOf([{ ...back, readSinceReturnMs: [-500] }], []).slack).toEqual(bytes(0))
  expect(leewayOf([{ ...back, readSinceReturnMs: [-500] }], [between(-1000, 500)]).slack).toEqual(bytes(1))
})

test('windows that touch are one: the bytes that the second one lost had waited since the first began', () => {
  const ended = { ...ANN, logoutAtMs: 5500 }
  expect(leewayOf([ended], [between(1500, 4000), between(3800, 6000)]).shorts).toEqual(
    [0, 1, 2, 3, 4].map(bytes),
  )
})

test('windows between which no reading has the session are one for it', () => {
  const unread = { ...ANN, logoutAtMs: 9100, readings: [1, 2, 3, 8].map(second => readingAt(second, second)) }
  expect(leewayOf([unread], [between(1500, 5000), between(6000, 9500)]).shorts).toEqual(
    [0, 1, 2, 3].map(bytes),
  )
  const read = { ...unread, readings: [...unread.readings.slice(0, 3), readingAt(5, 5), readingAt(8, 8)] }
  expect(leewayOf([read], [between(1500, 5000), between(6000, 9500)]).shorts).toEqual([0, 1].map(bytes))
})

test('a subscriber who came back on a binding in a window may have bytes that were not read before', () => {
  const first = { ...ANN, isOnBinding: true, logoutAtMs: 1500 }
  const second = { ...ANN, isOnBinding: true, loginAtMs: 3500, tail: bytes(0) }
  expect(leewayOf([first, second], [between(3000, 6000)]).over).toEqual(bytes(7))
  expect(leewayOf([first, second], [between(6000, 7000)]).over).toEqual(bytes(0))
})

test('a reading in which the interface had a new name may or may not count', () => {
  expect(leewayOf([{ ...ANN, isRenamedSince: true }, ANN], []).over).toEqual(bytes(7))
  expect(leewayOf([ANN], []).over).toEqual(bytes(0))
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

test('all bytes in doubt may be missing, and not one more be there', () => {
  const leeway = { shorts: [bytes(0)], slack: bytes(3), over: bytes(0) }
  const isRecorded = (upload: bigint, download: bigint) =>
    isWithin(leeway, { upload: 100n, download: 1000n }, { upload, download })
  expect(isRecorded(70n, 700n)).toBe(true)
  expect(isRecorded(75n, 1000n)).toBe(true)
  expect(isRecorded(69n, 700n)).toBe(false)
  expect(isRecorded(101n, 1000n)).toBe(false)
})
