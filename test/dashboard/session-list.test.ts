import { expect, test } from 'vitest'
import type { Session } from '../../src/client/feed.ts'
import { PAGE_ROWS, pageOf, type SessionView, sortedBy } from '../../src/dashboard/session-list.ts'

const ALL: SessionView = { filter: '', sort: 'username', isDescending: false, page: 0 }

function session(username: string, more: Partial<Session> = {}): Session {
  return {
    id: `id-${username}`,
    service: 'ppp',
    username,
    router: 'hq',
    ip_address: '10.0.0.1',
    mac_address: '02:00:00:00:00:01',
    start_time: '2026-11-24T10:00:00Z',
    ...{ upload: 0, download: 0, upload_bps: 0, download_bps: 0 },
    ...more,
  }
}

function namesOf(sessions: readonly Session[], view: Partial<SessionView>): readonly string[] {
  return pageOf(sessions, { ...ALL, ...view }).rows.map(({ username }) => username)
}

test('numbers in names and addresses are compared as numbers, and an unknown address comes first', () => {
  const sessions = [
    session('user-10', { ip_address: '10.0.0.2' }),
    session('user-9', { ip_address: '10.0.0.10' }),
    session('User-1', { ip_address: null }),
  ]
  expect(namesOf(sessions, {})).toEqual(['User-1', 'user-9', 'user-10'])
  expect(namesOf(sessions, { sort: 'ip_address' })).toEqual(['User-1', 'user-10', 'user-9'])
})

test('sessions are sorted by bytes, and equal ones by name in both directions', () => {
  const sessions = [
    session('b', { download: 9 }),
    session('c', { download: 10 }),
    session('a', { download: 9 }),
  ]
  expect(namesOf(sessions, { sort: 'download', isDescending: true })).toEqual(['c', 'a', 'b'])
  expect(namesOf(sessions, { sort: 'download' })).toEqual(['a', 'b', 'c'])
})

test('two sessions of one name keep their order, whatever the order of arrival', () => {
  const [first, second] = [session('ann', { id: '1' }), session('ann', { id: '2' })]
  for (const sessions of [
    [first, second],
    [second, first],
  ])
    expect(pageOf(sessions, ALL).rows.map(({ id }) => id)).toEqual(['1', '2'])
})

test('the filter matches name, router and both addresses, in any case, and literally', () => {
  const sessions = [
    session('Ann'),
    session('bob', { router: 'hill' }),
    session('cyd', { ip_address: '10.9.9.9' }),
    session('dan', { mac_address: '02:FF:00:00:00:01' }),
    session('.*'),
  ]
  expect(namesOf(sessions, { filter: ' aNN ' })).toEqual(['Ann'])
  expect(namesOf(sessions, { filter: 'hill' })).toEqual(['bob'])
  expect(namesOf(sessions, { filter: '9.9.9' })).toEqual(['cyd'])
  expect(namesOf(sessions, { filter: '02:ff' })).toEqual(['dan'])
  expect(namesOf(sessions, { filter: '.*' })).toEqual(['.*'])
})

test('a page has a hundred sessions, and the last page is shown if there are fewer pages now', () => {
  const sessions = Array.from({ length: 2 * PAGE_ROWS + 1 }, (_, n) => session(`user-${n}`))
  expect(pageOf(sessions, { ...ALL, page: 2 })).toMatchObject({ matching: 201, page: 2, pages: 3 })
  expect(namesOf(sessions, { page: 2 })).toEqual(['user-200'])
  expect(pageOf(sessions, { ...ALL, page: 2, filter: 'user-1' })).toMatchObject({ page: 1, pages: 2 })
  expect(pageOf([], { ...ALL, page: 2 })).toMatchObject({ matching: 0, page: 0, pages: 1, rows: [] })
})

test('a column begins in its default order, another click reverses it, and both show the first page', () => {
  const byDownload = sortedBy({ ...ALL, page: 3 }, 'download')
  expect(byDownload).toMatchObject({ sort: 'download', isDescending: true, page: 0 })
  expect(sortedBy(byDownload, 'download')).toMatchObject({ sort: 'download', isDescending: false })
  expect(sortedBy(byDownload, 'username')).toMatchObject({ sort: 'username', isDescending: false })
})

test('sorting does not change the given list', () => {
  const sessions = [session('b'), session('a')]
  pageOf(sessions, ALL)
  expect(sessions.map(({ username }) => username)).toEqual(['b', 'a'])
})
