import { expect, test } from 'vitest'
import type { Status, StatusOfDaemon, StatusOfRouter } from '../../src/commands/status-answer.ts'
import { statusText } from '../../src/commands/status-table.ts'

const WELL: StatusOfRouter = {
  ...{ tenant: 'acme', router: 'hq', name: 'HQ', state: 'online', is_here: true },
  daemon: 'one',
  ...{ last_reading_at: '2026-11-24T11:59:57Z', latency_ms: 4.4, hotspot: 12, ppp: 200, failures: 0 },
  ...{ uncounted: 0, missing_menus: [] },
  error: null,
}

const STATUS: Status = {
  ...{ version: '0.1.0', as_of: '2026-11-24T12:00:00Z', started_at: '2026-11-24T10:00:00Z' },
  ...{ database: 'up', journal: 'writing', daemons: [], routers: [WELL] },
}

test('the worst comes first, each with its last reading and what is wrong', () => {
  const routers: readonly StatusOfRouter[] = [
    {
      ...WELL,
      router: 'off',
      state: 'disabled',
      last_reading_at: null,
      latency_ms: null,
      hotspot: 0,
      ppp: 0,
    },
    WELL,
    {
      ...{
        ...WELL,
        router: 'north',
        state: 'offline',
        last_reading_at: '2026-11-24T11:00:00Z',
        latency_ms: null,
      },
      ...{ hotspot: 0, ppp: 0, failures: 31, error: 'connection refused\u001b[2J' },
    },
    { ...WELL, router: 'twin', is_here: false, latency_ms: null },
    {
      ...WELL,
      router: 'new',
      state: 'connecting',
      last_reading_at: null,
      latency_ms: null,
      hotspot: 0,
      ppp: 0,
    },
  ]
  expect(statusText({ ...STATUS, routers: [...routers] }, undefined).split('\n')).toEqual([
    'tikmeter 0.1.0 · up 2h · 1 offline, 1 connecting, 2 online, 1 disabled',
    '',
    'ROUTER      STATE                      READ     LATENCY  HOTSPOT  PPP  UNCOUNTED  ERROR',
    'acme/north  offline                    60m ago                 0    0          0  connection refused\ufffd[2J (31 times)',
    'acme/new    connecting                 never                   0    0          0',
    'acme/hq     online                     3s ago      4 ms       12  200          0',
    'acme/twin   online, by another daemon  3s ago                 12  200          0',
    'acme/off    disabled                                           0    0          0',
  ])
})

test('sessions without counters are in the first line, and their router precedes others, with the refused menu', () => {
  const menu = '/interface/pppoe-server'
  const routers: readonly StatusOfRouter[] = [
    WELL,
    {
      ...{ ...WELL, router: 'twin', uncounted: 150 },
      missing_menus: [{ menu, reason: 'not enough permissions (9)\u001b[2J' }],
    },
  ]
  expect(statusText({ ...STATUS, routers: [...routers] }, undefined).split('\n')).toEqual([
    'tikmeter 0.1.0 · up 2h · 2 online · 150 sessions without counters',
    '',
    'ROUTER     STATE   READ    LATENCY  HOTSPOT  PPP  UNCOUNTED  ERROR',
    'acme/twin  online  3s ago     4 ms       12  200        150  no /interface/pppoe-server: not enough permissions (9)\ufffd[2J',
    'acme/hq    online  3s ago     4 ms       12  200          0',
  ])
})

test('an overloaded router is in the first line, precedes others, and shows its reason once', () => {
  const reason = '2 sessions are left out: raise max_sessions (10)'
  const overloaded = { overloaded: true, overloaded_reason: reason } as const
  const routers: readonly StatusOfRouter[] = [
    { ...WELL, uncounted: 1 },
    { ...WELL, router: 'twin', ...overloaded },
    { ...WELL, router: 'full', state: 'offline', ...overloaded, failures: 3, error: reason },
    {
      ...WELL,
      router: 'odd',
      state: 'offline',
      ...overloaded,
      overloaded_reason: 'a\u001b[2J',
      error: 'no answer',
    },
  ]
  const [first, , , ...rows] = statusText({ ...STATUS, routers: [...routers] }, undefined).split('\n')
  expect(first).toBe(
    'tikmeter 0.1.0 · up 2h · 2 offline, 2 online · 3 overloaded · 1 session without counters',
  )
  expect(rows.map(row => row.replace(/^(\S+) .*? [01] {2}/, '$1 '))).toEqual([
    `acme/full overloaded: ${reason} (3 times)`,
    'acme/odd overloaded: a\ufffd[2J; no answer',
    `acme/twin overloaded: ${reason}`,
    expect.stringMatching(/^acme\/hq/),
  ])
})

test('problems of the daemon itself are in the first line', () => {
  const [first] = statusText(
    { ...STATUS, database: 'down', journal: 'failing', routers: [] },
    undefined,
  ).split('\n')
  expect(first).toBe('tikmeter 0.1.0 · up 2h · database DOWN · journal NOT WRITTEN · no routers')
})

const ONE: StatusOfDaemon = {
  ...{ id: '0f3a77c2-one', host: 'north', version: '0.2.0', share: 1, routers: 2, sessions: 900 },
  ...{ started_at: '2026-11-24T10:00:00Z', seen_at: '2026-11-24T11:59:58Z', is_live: true, is_here: true },
}

test('several daemons are listed, and each router’s reader is named by its host', () => {
  const daemons: StatusOfDaemon[] = [
    ONE,
    { ...ONE, id: '9b1c5d20-two', host: 'south\u001b', share: 0.5, is_here: false },
    { ...ONE, id: '77aa0001-old', host: 'west', version: null, is_live: false, is_here: false },
  ]
  const routers = [
    WELL,
    { ...WELL, router: 'twin', is_here: false, daemon: '9b1c5d20-two', latency_ms: null },
  ]
  expect(
    statusText({ ...STATUS, daemons, routers }, undefined)
      .split('\n')
      .slice(1),
  ).toEqual([
    '',
    'DAEMON  STATE     SINCE   VERSION  SHARE  ROUTERS  SESSIONS',
    'north   this one  2h        0.2.0      1        2       900',
    'south\ufffd  up        2h        0.2.0    0.5        2       900',
    'west    GONE      2s ago               1        2       900',
    '',
    'ROUTER     STATE              READ    LATENCY  HOTSPOT  PPP  UNCOUNTED  ERROR',
    'acme/hq    online             3s ago     4 ms       12  200          0',
    'acme/twin  online, by south\ufffd  3s ago                12  200          0',
  ])
})

test('daemons on one host are shown with the first characters of their ids', () => {
  const daemons = [ONE, { ...ONE, id: '9b1c5d20-two', is_here: false }]
  const lines = statusText({ ...STATUS, daemons }, undefined).split('\n')
  expect(lines.slice(3, 5).map(line => line.slice(0, 14))).toEqual(['north 0f3a77c2', 'north 9b1c5d20'])
})
