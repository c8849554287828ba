import { expect, test } from 'vitest'
import type { SessionReading } from '../../../src/accounting/reading.ts'
import { joinPpp, type PppJoinOptions } from '../../../src/services/ppp/ppp-join.ts'
import type { ServerRow } from '../../../src/services/ppp/ppp-servers.ts'
import { PLAIN_ROW } from '../../accounting/readings.ts'

const ASKED_MS = 1_000_000
const NOTHING_ELSE = { guessed: [], unread: [], askedMs: ASKED_MS, mayGuess: () => false }

function session(
  username: string,
  more: { callerId?: string; up?: number; protocol?: string; id?: string } = {},
): SessionReading {
  const { callerId = 'mac', up = 60, protocol = 'pppoe', id } = more
  return {
    ...{ protocol, username, callerId, uptimeSeconds: up, login: loginOf(up) },
    ...{ server: undefined, macAddress: undefined, ipAddress: undefined, routerSessionId: id },
    ...{ counters: undefined, ...PLAIN_ROW },
  }
}

function row(
  name: string,
  user: string,
  more: { caller?: string; up?: number; service?: string; isStatic?: boolean } = {},
): ServerRow {
  const { caller = 'mac', up = 60, service = 'pppoe', isStatic = false } = more
  return { service, name, user, caller, isStatic, isRunning: true, isSettled: true, login: loginOf(up) }
}

function loginOf(up: number) {
  return { earliestMs: ASKED_MS - (up + 1) * 1000, latestMs: ASKED_MS + 50 - up * 1000 }
}

/**
 * Joins the sessions. @returns the name of each session's row, after `guess` if the row has another account's name, or
 *   after `early` if the row may belong to the next login
 */
function joins(
  sessions: readonly SessionReading[],
  rows: readonly ServerRow[],
  more: Partial<PppJoinOptions> = {},
): (string | undefined)[] {
  const options = { sessions, free: rows, ...NOTHING_ELSE, ...more }
  const found = new Map(
    joinPpp(options).map(it => {
      const how = it.isGuess ? 'guess ' : it.isEarly ? 'early ' : ''
      return [it.session, `${how}${it.row.name}`]
    }),
  )
  expect(new Set(found.values()).size).toBe(found.size)
  return sessions.map(it => found.get(it))
}

test('user, caller, service and login time fit: they are one', () => {
  expect(joins([session('ann')], [row('a', 'ann')])).toEqual(['a'])
  expect(joins([session('ann')], [row('a', 'ann', { service: 'l2tp' })])).toEqual([undefined])
  const ages = [row('old', 'ann', { up: 600 }), row('a', 'ann')]
  expect(joins([session('ann')], ages)).toEqual(['a'])
})

test('the login times of the two menus may differ a little', () => {
  const twins = [session('ann', { up: 60 }), session('ann', { up: 600 })]
  expect(joins(twins, [row('a', 'ann', { up: 602 }), row('b', 'ann', { up: 58 })])).toEqual(['b', 'a'])
})

test('they may differ by any time if service and caller are unique on both sides', () => {
  expect(joins([session('ann')], [row('a', 'ann', { up: 65 })])).toEqual(['a'])
  expect(joins([session('ann')], [row('a', 'ann', { up: 30 })])).toEqual(['a'])
  // It is unknown which of two sessions of that caller is which.
  const three = [session('ann'), session('bo', { up: 40 })]
  expect(joins(three, [row('a', 'ann', { up: 65 }), row('b', 'cy', { up: 45 })])).toEqual(['a', undefined])
})

test('a row that may have begun after the sessions were printed does not match another login time', () => {
  expect(joins([session('ann', { up: 3 })], [row('a', 'ann', { up: 0 })])).toEqual([undefined])
})

test('a row of the session’s last second may belong to the next login, so the join is early', () => {
  expect(joins([session('ann', { up: 0 })], [row('a', 'ann', { up: 0 })])).toEqual(['early a'])
  expect(joins([session('ann', { up: 1 })], [row('a', 'ann', { up: 1 })])).toEqual(['a'])
  const binding = row('a', 'ann', { up: 0, isStatic: true })
  expect(joins([session('ann', { up: 0 })], [binding])).toEqual(['a'])
})

test('two rows of one session have one interface', () => {
  const twice = [session('ann', { id: '0x81' }), session('ann', { id: '0x81' })]
  expect(joins(twice, [row('a', 'ann')])).toEqual(['a', undefined])
  const others = [session('ann', { id: '0x81' }), session('ann', { id: '0x82' })]
  expect(joins(others, [row('a', 'ann')])).toEqual([undefined, undefined])
})

test('two sessions wait if there is one row: one has ended, and it is unknown which', () => {
  const sessions = [session('ann', { up: 60 }), session('ann', { up: 61 })]
  expect(joins(sessions, [row('a', 'ann', { up: 60 }), row('b', 'ann', { up: 61 })]).sort()).toEqual([
    'a',
    'b',
  ])
  expect(joins(sessions, [row('b', 'ann', { up: 61 })])).toEqual([undefined, undefined])
})

test('another caller’s row is taken only if no other session could be on it', () => {
  const rows = [row('b', 'ann', { caller: 'mac-2' })]
  expect(joins([session('ann', { callerId: 'mac-1' })], rows)).toEqual(['b'])
  const both = [session('ann', { callerId: 'mac-1' }), session('ann', { callerId: 'mac-2' })]
  expect(joins(both, rows)).toEqual([undefined, 'b'])
  expect(joins([...both].reverse(), rows)).toEqual(['b', undefined])
})

test('n sessions of one account take its n free interfaces in the order of their age', () => {
  const sessions = [
    session('branch', { callerId: '1001', protocol: 'l2tp', up: 61 }),
    session('branch', { callerId: '1002', protocol: 'l2tp', up: 60 }),
  ]
  const rows = ['203.0.113.1', '203.0.113.2'].map((caller, nth) =>
    row(`<l2tp-branch-${nth}>`, 'branch', { caller, service: 'l2tp', up: 61 - nth }),
  )
  expect(joins(sessions, rows)).toEqual(['<l2tp-branch-0>', '<l2tp-branch-1>'])
  expect(joins(sessions, rows.slice(1))).toEqual([undefined, undefined])
  expect(joins(sessions.slice(1), rows)).toEqual([undefined])
})

test('an account’s older free row is not its new session’s, whose own row came later', () => {
  const rows = [row('old', 'ann', { up: 600, caller: 'mac-1' }), row('new', 'ann', { up: 0, caller: 'odd' })]
  expect(joins([session('ann', { up: 0, callerId: 'mac-2' })], rows)).toEqual([undefined])
})

test('an account’s only free row is not its only session’s if their ages differ by more than a minute', () => {
  // Neither the session’s own row nor the row’s own session was printed.
  const rows = [row('other', 'ann', { up: 600, caller: 'mac-1' })]
  expect(joins([session('ann', { up: 500, callerId: 'mac-2' })], rows)).toEqual([undefined])
  expect(joins([session('ann', { up: 545, callerId: 'mac-2' })], rows)).toEqual(['other'])
  // An uptime since 1970 says nothing.
  expect(joins([session('ann', { up: 1_766_000_000, callerId: 'mac-2' })], rows)).toEqual(['other'])
})

test('a row that may belong to an unreadable session is not given to the only other one', () => {
  const fresh = session('ann', { up: 5, callerId: 'mac-2' })
  const { uptimeSeconds: _, login: __, counters: ___, ...lost } = session('ann', { callerId: 'mac-1' })
  const unread = [{ ...lost, unreadable: { rowId: '*1', property: 'uptime', value: undefined } }]
  const rows = [row('old', 'ann', { up: 30, caller: 'mac-1' })]
  expect(joins([fresh], rows)).toEqual(['old'])
  expect(joins([fresh], rows, { unread })).toEqual([undefined])
  const sameCaller = session('ann', { up: 5, callerId: 'mac-1' })
  expect(joins([sameCaller], rows)).toEqual(['old'])
  expect(joins([sameCaller], rows, { unread })).toEqual([undefined])
})

test('another account’s row is taken only as a guess, and a static binding never is', () => {
  const [radius, other] = [session('acct-1001', { up: 60 }), row('<a>', 'ann@isp.example')]
  expect(joins([radius], [other])).toEqual([undefined])
  expect(joins([radius], [other], { mayGuess: () => true })).toEqual(['guess <a>'])
  const bound = row('a', 'ann@isp.example', { isStatic: true })
  expect(joins([radius], [bound], { mayGuess: () => true })).toEqual([undefined])
  expect(joins([radius], [other, row('<b>', 'bo')], { mayGuess: () => true })).toEqual([undefined])
})

test('a row that is held by a guess goes to the session that matches it exactly', () => {
  const held = row('<a>', 'ann')
  expect(joins([session('ann')], [], { guessed: [held] })).toEqual(['<a>'])
  expect(joins([session('ann', { callerId: 'another' })], [], { guessed: [held] })).toEqual([undefined])
})

test('sessions of an account that could swap their rows are marked as interchangeable', () => {
  const interchangeable = (sessions: readonly SessionReading[], free: readonly ServerRow[]) =>
    joinPpp({ sessions, free, ...NOTHING_ELSE }).map(it => it.isInterchangeable)
  const rows = [row('a', 'ann'), row('b', 'ann')]
  expect(interchangeable([session('ann'), session('ann')], rows)).toEqual([true, true])
  const numbers = [session('ann', { callerId: '1001' }), session('ann', { callerId: '1002' })]
  expect(interchangeable(numbers, rows)).toEqual([true, true])
  const ages = [session('ann', { up: 60 }), session('ann', { up: 600 })]
  expect(interchangeable(ages, [row('a', 'ann', { up: 600 }), row('b', 'ann', { up: 60 })])).toEqual([
    false,
    false,
  ])
  expect(interchangeable([session('ann')], [row('a', 'ann')])).toEqual([false])
})

test('four times as many sessions do not take quadratic time', () => {
  const cpuOf = (count: number) => {
    const sessions = Array.from({ length: count }, (_, i) => session(`user-${i}`))
    const rows = Array.from({ length: count }, (_, i) => row(`<pppoe-user-${i}>`, `user-${i}`)).reverse()
    const before = process.cpuUsage()
    const joined = joins(sessions, rows)
    const { user } = process.cpuUsage(before)
    expect(joined).toEqual(sessions.map(({ username }) => `<pppoe-${username}>`))
    return user / 1_000
  }
  cpuOf(1_000)
  const few = cpuOf(10_000)
  expect(cpuOf(40_000)).toBeLessThan(10 * few + 100)
})
