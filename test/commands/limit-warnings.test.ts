import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { LimitUse } from '../../src/accounting/limits/limit-use.ts'
import { limitWarnings } from '../../src/commands/limit-warnings.ts'
import { configOf, withRouter } from '../config/config-text.ts'

const LIMITS = 'max_sessions: 100, new_sessions_per_hour: 500'
const MIB = 1024 ** 2

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tikmeter-limits-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

/** The warnings of `check` while a daemon answers like this. */
async function warningsWhile(answer: RequestListener, keys = LIMITS): Promise<readonly string[]> {
  const directory = folder()
  const socket = join(directory, 'control.sock')
  const server = createServer(answer)
  server.listen(socket)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return warningsAt(directory, socket, keys)
}

async function warningsAt(directory: string, socket: string | undefined, keys = LIMITS): Promise<string[]> {
  const text = withRouter(keys)
  const file = join(directory, 'tikmeter.yaml')
  writeFileSync(file, text)
  const warnings = await limitWarnings(file, configOf(text), socket)
  return warnings.map(({ line, path, message }) => {
    expect(text.split('\n')[line - 1]).toContain('id: hq')
    return `${path} ${message}`
  })
}

function statusWith(near: readonly LimitUse[], router = 'hq'): RequestListener {
  const stats = {
    ...{
      tenant: 'acme',
      router,
      name: 'HQ',
      state: 'online',
      is_here: true,
      daemon: null,
      last_reading_at: null,
    },
    ...{ latency_ms: 5, hotspot: 90, ppp: 0, uncounted: 0, missing_menus: [], failures: 0, error: null },
  }
  const status = {
    ...{ version: '0.2.0', as_of: '', started_at: '', database: 'up', journal: 'writing', daemons: [] },
    routers: [near.length > 0 ? { ...stats, near_limits: near } : stats],
  }
  return (_, response) => response.end(JSON.stringify(status))
}

test('a router that uses more than 80 % of a limit is named, with what to do', async () => {
  const near: LimitUse[] = [
    { limit: 'max_sessions', used: 90, allowed: 100 },
    { limit: 'new_sessions_per_hour', used: 450, allowed: 500 },
    { limit: 'bytes', used: 0.9 * MIB, allowed: MIB },
  ]
  expect(await warningsWhile(statusWith(near))).toEqual([
    'tenants[0].routers[0] has 90 sessions, and max_sessions is 100: raise it, or further sessions are not counted',
    expect.stringContaining('had 450 new sessions in an hour, and new_sessions_per_hour is 500: raise it'),
    expect.stringContaining('sent 0.9 MiB in one poll, and 1.0 MiB is the most that max_sessions allows'),
  ])
})

test('a limit that was raised in the file causes no warning', async () => {
  const near: LimitUse[] = [{ limit: 'max_sessions', used: 90, allowed: 100 }]
  expect(await warningsWhile(statusWith(near), 'max_sessions: 200')).toEqual([])
})

test('routers well within their limits, or not in the file, cause no warning', async () => {
  expect(await warningsWhile(statusWith([]))).toEqual([])
  expect(await warningsWhile(statusWith([{ limit: 'bytes', used: 9, allowed: 10 }], 'other'))).toEqual([])
})

test.each<[string, RequestListener]>([
  ['no status', (_, response) => response.end('{"a":1}')],
  ['something other than JSON', (_, response) => response.end('<html>')],
  ['nothing, and hangs up', request => request.destroy()],
])('a daemon that answers %s causes no warning', async (_, answer) => {
  expect(await warningsWhile(answer)).toEqual([])
})

test('without a daemon there is no warning', async () => {
  const directory = folder()
  expect(await warningsAt(directory, join(directory, 'control.sock'))).toEqual([])
  expect(await warningsAt(directory, undefined)).toEqual([])
})
