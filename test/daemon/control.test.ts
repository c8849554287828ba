import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { routerId, tenantId } from '../../src/accounting/ids.ts'
import type { LimitUse } from '../../src/accounting/limits/limit-use.ts'
import { health } from '../../src/commands/health.ts'
import { status } from '../../src/commands/status.ts'
import { Control } from '../../src/daemon/control.ts'
import { controlSocketOf } from '../../src/daemon/control-socket.ts'
import { NO_TOTALS, type Snapshot, statsOf } from '../../src/live/snapshot.ts'
import { UNTRIED } from '../../src/poller/router-health.ts'
import { HandClock } from '../runtime/hand-clock.ts'

const NOON = new Date('2026-11-24T12:00:00Z')
const acme = tenantId('acme')
const USES: readonly LimitUse[] = [
  { limit: 'max_sessions', used: 9, allowed: 10 },
  { limit: 'bytes', used: 80, allowed: 100 },
]
const MISSING = { menu: '/interface/pppoe-server', reason: 'not enough permissions (9)' }

const MEMBERS = ['them', 'us'].map(id => ({
  ...{ id, host: 'box', version: '0.2.0', share: 1, routers: 1, sessions: 9 },
  ...{ listDigest: 'x', startedAt: NOON, seenAt: NOON, isLive: true, leftMs: 15_000 },
}))

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tikmeter-control-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

function snapshot(): Snapshot {
  const router = {
    id: routerId('hq'),
    name: 'HQ',
    state: 'online',
    last_reading_at: NOON.toISOString(),
  } as const
  return {
    ...{ tenant: acme, asOf: NOON, stats: statsOf(NO_TOTALS, undefined, NOON) },
    routers: [
      {
        ...{ ...router, hotspot: 3, ppp: 4, uncounted: 1, missing_menus: [MISSING], error: null },
        ...{ overloaded: true, overloaded_reason: 'too many sessions' },
      },
    ],
  }
}

async function started(directory: string): Promise<Control> {
  const control = new Control({
    board: { tenants: () => [acme], snapshot },
    poller: { health: () => ({ ...UNTRIED, latencyMs: 5, failures: 2 }) },
    spread: { self: 'us', members: MEMBERS, ownerOf: () => 'them' },
    books: { get: () => ({ crowding: { sessions: 9, uses: USES, leftOut: 0 } }) },
    commits: { isUp: true },
    journal: { state: () => ({ kind: 'writing' }) },
    readiness: {
      database: () => 'down',
      pollers: () => 'running',
      journal: () => 'writing',
      ...{ bus: () => undefined, replica: () => undefined },
    },
    verifier: { verify: async () => ({ kind: 'refused', reason: 'nobody' }) },
    clock: new HandClock(NOON),
    log: pino({ level: 'silent' }),
    directory,
  })
  onTestFinished(() => control.stop())
  await control.start()
  return control
}

async function asked(directory: string, isHereOnly = false): Promise<unknown> {
  const printed: string[] = []
  const print = (text: string) => {
    printed.push(text)
  }
  await status({
    ...{ socket: controlSocketOf(directory), isJson: true, isWatching: false, isHereOnly },
    terminal: { columns: undefined, print, repaint: print, progress: () => {} },
    clock: new HandClock(NOON),
    signal: new AbortController().signal,
  })
  return JSON.parse(printed.join(''))
}

test('the daemon answers its own commands without a token, on a socket that only its user may open', async () => {
  const directory = folder()
  // A daemon that was killed leaves the socket behind.
  writeFileSync(join(directory, 'control.sock'), '')
  const umask = process.umask(0)
  await started(directory).finally(() => process.umask(umask))
  expect(await asked(directory)).toEqual({
    version: expect.any(String),
    ...{ as_of: NOON.toISOString(), started_at: NOON.toISOString(), database: 'up', journal: 'writing' },
    daemons: ['them', 'us'].map(id => ({
      ...{ id, host: 'box', version: '0.2.0', share: 1, routers: 1, sessions: 9 },
      ...{ started_at: NOON.toISOString(), seen_at: NOON.toISOString() },
      ...{ is_live: true, is_here: id === 'us' },
    })),
    routers: [
      {
        ...{ tenant: 'acme', router: 'hq', name: 'HQ', state: 'online', is_here: true, daemon: 'us' },
        ...{
          last_reading_at: NOON.toISOString(),
          latency_ms: 5,
          hotspot: 3,
          ppp: 4,
          uncounted: 1,
          missing_menus: [MISSING],
          failures: 2,
          error: null,
          near_limits: [{ limit: 'max_sessions', used: 9, allowed: 10 }],
          overloaded: true,
          overloaded_reason: 'too many sessions',
        },
      },
    ],
  })
  expect(statSync(join(directory, 'control.sock')).mode & 0o077).toBe(0)
  expect(await asked(directory, true)).toMatchObject({ daemons: [{ id: 'us' }], routers: [{}] })
})

test('without a running daemon, the command says so', async () => {
  const directory = folder()
  await expect(asked(directory)).rejects.toThrow(/^no daemon answers at/)
  const control = await started(directory)
  await control.stop()
  await expect(asked(directory)).rejects.toThrow(/^no daemon answers at/)
})

test('a daemon whose database is away is alive, but not ready', async () => {
  const directory = folder()
  const socket = controlSocketOf(directory)
  const printed: string[] = []
  const log = (text: string) => {
    printed.push(text)
  }
  const isWell = (isAboutParts: boolean) => health(socket, isAboutParts, { log })
  await expect(isWell(false)).rejects.toThrow(/^no daemon answers at/)
  await started(directory)
  expect(await isWell(false)).toBe(true)
  expect(await isWell(true)).toBe(false)
  expect(printed.map(it => JSON.parse(it))).toEqual([
    { status: 'alive' },
    { status: 'not_ready', database: 'down', pollers: 'running', journal: 'writing' },
  ])
})

test('a path that is too long for a socket does not stop the daemon', async () => {
  const directory = join(folder(), 'a'.repeat(120))
  await started(directory)
  await expect(asked(directory)).rejects.toThrow(/too long for a socket/)
})
