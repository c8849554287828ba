import { expect, test } from 'vitest'
import type { SessionReading } from '../../src/accounting/reading.ts'
import { joinPpp } from '../../src/routeros/ppp-join.ts'
import type { ServerRow } from '../../src/routeros/ppp-servers.ts'

const ASKED_MS = 1_000_000

function session(
  username: string,
  more: { callerId?: string; up?: number; protocol?: string } = {},
): SessionReading {
  const { callerId = 'mac', up = 60, protocol = 'pppoe' } = more
  return {
    ...{ protocol, username, callerId, uptimeSeconds: up, login: loginOf(up) },
    ...{ server: undefined, macAddress: undefined, ipAddress: undefined, routerSessionId: undefined },
    ...{ counters: undefined, binding: undefined },
  }
}

function row(
  name: string,
  user: string,
  more: { caller?: string; up?: number; service?: string } = {},
): ServerRow {
  const { caller = 'mac', up = 60, service = 'pppoe' } = more
  return { service, name, user, caller, isStatic: false, isRunning: true, login: loginOf(up) }
}

function loginOf(up: number) {
  return { earliestMs: ASKED_MS - (up + 1) * 1000, latestMs: ASKED_MS + 50 - up * 1000 }
}

function joins(sessions: readonly SessionReading[], rows: readonly ServerRow[]): (string | undefined)[] {
  const joined = joinPpp(sessions, rows, ASKED_MS)
  return sessions.map(it => joined.get(it)?.name)
}

test('user, caller, service and login time have all to fit', () => {
  expect(joins([session('ann')], [row('a', 'ann')])).toEqual(['a'])
  expect(joins([session('ann')], [row('a', 'Ann')])).toEqual([undefined])
  expect(joins([session('ann')], [row('a', 'ann', { service: 'l2tp' })])).toEqual([undefined])
  expect(joins([session('ann')], [row('a', 'ann', { up: 30 })])).toEqual([undefined])
})

test('the two menus may tell login times a little apart', () => {
  expect(joins([session('ann')], [row('a', 'ann', { up: 62 })])).toEqual(['a'])
  expect(joins([session('ann')], [row('a', 'ann', { up: 58 })])).toEqual(['a'])
  expect(joins([session('ann')], [row('a', 'ann', { up: 65 })])).toEqual([undefined])
})

test('a row that may have begun after the sessions were printed is no session of another age', () => {
  expect(joins([session('ann', { up: 3 })], [row('a', 'ann', { up: 0 })])).toEqual([undefined])
  expect(joins([session('ann', { up: 0 })], [row('a', 'ann', { up: 0 })])).toEqual(['a'])
})

test('no row is given twice', () => {
  const sessions = [session('ann', { up: 60 }), session('ann', { up: 61 })]
  expect(joins(sessions, [row('a', 'ann', { up: 60 }), row('b', 'ann', { up: 61 })]).sort()).toEqual([
    'a',
    'b',
  ])
  expect(joins(sessions, [row('b', 'ann', { up: 61 })])).toEqual([undefined, undefined])
})

test('another caller’s row is taken only where nobody else could be on it', () => {
  const rows = [row('b', 'ann', { caller: 'mac-2' })]
  expect(joins([session('ann', { callerId: 'mac-1' })], rows)).toEqual(['b'])
  const both = [session('ann', { callerId: 'mac-1' }), session('ann', { callerId: 'mac-2' })]
  expect(joins(both, rows)).toEqual([undefined, 'b'])
  expect(joins([...both].reverse(), rows)).toEqual(['b', undefined])
})

test('many thousand sessions are joined in their stride', () => {
  const count = 20_000
  const sessions = Array.from({ length: count }, (_, i) => session(`user-${i}`))
  const rows = Array.from({ length: count }, (_, i) => row(`<pppoe-user-${i}>`, `user-${i}`)).reverse()
  const beganMs = performance.now()
  const joined = joinPpp(sessions, rows, ASKED_MS)
  expect(performance.now() - beganMs).toBeLessThan(2_000)
  expect(joined.size).toBe(count)
  for (const [{ username }, { user }] of joined) if (username !== user) expect(user).toBe(username)
})
