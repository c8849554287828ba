import { expect, test } from 'vitest'
import type { FeedState, Router } from '../../src/client/feed.ts'
import { LocalTime } from '../../src/dashboard/instant.ts'
import { bannerOf, labelOf, pageStatusOf, refusalOf, refusalWords } from '../../src/dashboard/page-status.ts'
import { byNeed, troubleOf } from '../../src/dashboard/router-trouble.ts'
import { alertOf, isNews, MOST_ALERTS, withAlert, wordsOf } from '../../src/dashboard/shown-alert.ts'

const GB = 1024 ** 3
const time = new LocalTime('Africa/Nairobi')
const USAGE = {
  ...{ id: 17, rule: 'near-quota', kind: 'usage', scope: 'user', subject: 'ann', period: '2026-11' },
  ...{
    fired_at: '2026-11-24T10:00:00Z',
    ended_at: null,
    detail: { used: 4.5 * GB, threshold: 4 * GB, quota: 5 * GB },
  },
}
const OUTAGE = {
  ...{ id: 18, rule: 'down', kind: 'router_offline', scope: 'router', subject: 'hq' },
  ...{ period: '2026-11-24T09:55:00Z', fired_at: '2026-11-24T10:00:00Z', ended_at: null },
  detail: { last_reading_at: null, error: 'no answer' },
}
const STALL = {
  ...{
    id: 19,
    rule: 'stalled',
    kind: 'session_stalled',
    scope: 'user',
    subject: 'ann',
    period: '2026-11-24',
  },
  ...{ fired_at: '2026-11-24T10:00:00Z', ended_at: null, detail: {} },
}

test.each([
  [USAGE, 'ann used 4.50 GB of its 5.00 GB in November'],
  [
    {
      ...USAGE,
      scope: 'tenant',
      subject: 'acme',
      period: '2026-11-24',
      detail: { used: GB, threshold: GB, quota: null },
    },
    'All of acme used 1.00 GB, over 1.00 GB, on 24 Nov',
  ],
  [OUTAGE, 'Router hq is offline: no answer'],
  [{ ...OUTAGE, detail: { error: null } }, 'Router hq is offline'],
  [{ ...OUTAGE, ended_at: '2026-11-24T10:10:00Z' }, 'Router hq was offline until 13:10'],
  [STALL, 'ann is online without traffic'],
  [{ ...STALL, scope: 'router', subject: 'hq' }, 'Router hq has a session without traffic'],
  [{ ...STALL, kind: 'session_uncounted' }, 'ann is online and cannot be counted'],
  [
    { ...STALL, kind: 'session_uncounted', scope: 'router', subject: 'hq' },
    'Router hq has a session that cannot be counted',
  ],
  [
    { ...STALL, kind: 'more', scope: 'router', subject: 'hq', detail: { count: 900 } },
    'Router hq had 900 more alerts',
  ],
  [{ ...STALL, kind: 'of_a_newer\u202eserver' }, 'ann of a newer\\u202eserver'],
])('an alert is shown as a sentence', (json, words) => {
  const alert = alertOf(json)
  const { before, after } = wordsOf(alert, time)
  expect(`${before}${alert.subject}${after}`).toBe(words)
})

test('alerts are newest first, each once and in its current state, and limited in number', () => {
  const fired = Array.from({ length: MOST_ALERTS + 2 }, (_, id) => alertOf({ ...OUTAGE, id }))
  const alerts = [...fired, alertOf({ ...OUTAGE, id: 20, ended_at: '2026-11-24T10:10:00Z' })].reduce(
    withAlert,
    [] as readonly ReturnType<typeof alertOf>[],
  )
  expect(alerts.map(({ id }) => id)).toEqual(
    Array.from({ length: MOST_ALERTS }, (_, n) => MOST_ALERTS + 1 - n),
  )
  expect(alerts.filter(({ endedAt }) => endedAt !== undefined).map(({ id }) => id)).toEqual([20])
})

test('an alert is new if it fired or ended since the page was opened, once', () => {
  const [before, after] = ['2026-11-24T09:00:00Z', '2026-11-24T10:05:00Z']
  const fired = alertOf(OUTAGE)
  const ended = alertOf({ ...OUTAGE, ended_at: '2026-11-24T10:10:00Z' })
  expect(isNews([], fired, before)).toBe(true)
  expect(isNews([], fired, after)).toBe(false)
  expect(isNews([fired], fired, before)).toBe(false)
  expect(isNews([fired], ended, after)).toBe(true)
  expect(isNews([ended], ended, before)).toBe(false)
})

test('malformed alerts are accepted and break nothing', () => {
  for (const junk of [null, 7, 'x', [], {}, { id: 'x', detail: 3 }])
    expect(wordsOf(alertOf(junk), time)).toEqual({ before: '', after: ' ' })
})

const well: Router = {
  ...{ id: 'hq', name: 'HQ', last_reading_at: null, hotspot: 0, ppp: 1, error: null },
  state: 'online',
}

test('a router’s problems are its last error and the menus that it refuses, also with older daemons', () => {
  expect(troubleOf(well)).toBe('')
  const missing_menus = [{ menu: '/interface/pppoe-server', reason: 'not\u202e permitted' }]
  expect(troubleOf({ ...well, uncounted: 1, missing_menus })).toBe(
    'no /interface/pppoe-server: not\\u202e permitted',
  )
  expect(troubleOf({ ...well, error: 'no answer', missing_menus })).toMatch(/^no answer; no \/interface/)
})

test('an overloaded router is shown as such, with the reason, once if that is its last error', () => {
  const overloaded: Router = { ...well, overloaded: true, overloaded_reason: '2 sessions are left out\u202e' }
  expect(troubleOf(overloaded)).toBe('overloaded: 2 sessions are left out\\u202e')
  expect(troubleOf({ ...overloaded, error: 'no answer' })).toMatch(/^overloaded: .*; no answer$/)
  expect(troubleOf({ ...overloaded, error: 'too much', overloaded_reason: 'too much' })).toBe(
    'overloaded: too much',
  )
})

test('routers that need attention come first, the overloaded ones of them before others', () => {
  const routers: readonly Router[] = [
    { ...well, id: 'r1', state: 'disabled' },
    { ...well, id: 'r10' },
    { ...well, id: 'r9' },
    { ...well, id: 'r11', overloaded: true },
    { ...well, id: 'r12', state: 'offline' },
  ]
  expect(routers.toSorted(byNeed).map(({ id }) => id)).toEqual(['r12', 'r11', 'r9', 'r10', 'r1'])
})

const LOST: FeedState = { kind: 'waiting', ms: 500, why: { kind: 'closed', code: 1006, reason: '' } }

test('a connection that is being retried is lost until it is live, whatever its step', () => {
  expect(pageStatusOf({ kind: 'connecting' }, false, false).kind).toBe('connecting')
  expect(pageStatusOf({ kind: 'live' }, false, true).kind).toBe('live')
  expect(pageStatusOf(LOST, false, true).kind).toBe('lost')
  expect(pageStatusOf({ kind: 'connecting' }, true, true).kind).toBe('lost')
})

test('old numbers are shown as such, with their time', () => {
  const stale = pageStatusOf({ kind: 'live' }, true, true)
  expect(labelOf(stale)).toBe('Out of date')
  expect(bannerOf(stale, '13:05:09')).toContain('from 13:05:09')
  expect(bannerOf(pageStatusOf(LOST, false, false), undefined)).toContain('no numbers yet')
  expect(bannerOf({ kind: 'live' }, '13:05:09')).toBeUndefined()
})

test('a token is refused by two codes, and by no others', () => {
  const closed = (code: number): FeedState => ({
    ...LOST,
    kind: 'waiting',
    why: { kind: 'closed', code, reason: 'the token has expired' },
  })
  expect([4401, 4403].map(code => refusalOf(closed(code)))).toEqual(Array(2).fill('the token has expired'))
  for (const code of [1001, 1006, 1013, 4408, 4413, 4429]) expect(refusalOf(closed(code))).toBeUndefined()
  expect(refusalOf({ kind: 'closed', why: undefined })).toBeUndefined()
})

test('an expired token is distinguished from a wrong one', () => {
  expect(refusalWords('the token has expired')).toBe('This token has expired. Paste a new one.')
  expect(refusalWords('the token is not valid')).toContain('not accepted: the token is not valid')
})
