import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { tenantId } from '../../../src/accounting/ids.ts'
import type { Question } from '../../../src/api/usage/usage-source.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { ReplicaWatch } from '../../../src/store/usage/replica-watch.ts'
import { UsageReader } from '../../../src/store/usage/usage-reader.ts'
import { query } from '../../harness/postgres/query.ts'
import { ScratchServer } from '../../harness/postgres/scratch-server.ts'
import { LogLines } from '../../runtime/log-lines.ts'

const OWNER = 'one'
const LOOK_MS = 5_000
const USERS: Question = {
  ...{ kind: 'daily', by: 'user', tenant: tenantId('acme'), order: 'key' },
  ...{
    user: undefined,
    router: undefined,
    service: undefined,
    from: undefined,
    to: undefined,
    after: undefined,
  },
}
const NEVER = new AbortController().signal

/** A primary, and a standby that follows it. */
let primary: ScratchServer
let standby: ScratchServer
let [url, replicaUrl] = ['', '']
let database: Database
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  primary = await ScratchServer.create(inject('freshCluster'))
  url = await primary.start()
  await migrate({ url })
  await query(url, `insert into daemons (id, host, started_at) values ($1, 'h', now())`, [OWNER])
  const followed = await primary.standby()
  ;[standby, replicaUrl] = [followed.server, followed.url]
  database = new Database({ url, log: createLogger('silent'), applicationName: 'test', connections: 2 })
  database.pool.on('error', () => {})
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
afterAll(async () => {
  await database.stop()
  await standby.end()
  await primary.end()
})

/** Renews the daemon's row, as its leases do. */
async function renew(): Promise<void> {
  await query(url, 'update daemons set seen_at = clock_timestamp() where id = $1', [OWNER])
}

async function addUsage(username: string): Promise<void> {
  await query(
    url,
    `insert into usage_daily (tenant_id, day, router_id, service, username, upload, download)
     values ('acme', '2026-12-01', 'hq', 'ppp', $1, 1, 2)`,
    [username],
  )
}

async function setPaused(isPaused: boolean): Promise<void> {
  await query(replicaUrl, `select pg_wal_replay_${isPaused ? 'pause' : 'resume'}()`)
}

async function isReplayed(): Promise<boolean> {
  const text = 'select seen_at from daemons'
  return JSON.stringify(await query(url, text)) === JSON.stringify(await query(replicaUrl, text))
}

function readerOf(url: string): UsageReader {
  const log = createLogger('silent')
  const reader = new UsageReader({
    ...{ url, log, applicationName: 'reading', connections: 2, setting: 'database.read_url' },
  })
  closing.push(() => reader.stop())
  return reader
}

/** A watch that looks each time it is asked to. */
function watchOf(usage: UsageReader) {
  const lines = new LogLines()
  let wake: (() => void) | undefined
  const clock = {
    now: () => new Date(),
    steadyMs: () => performance.now(),
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>(resolve => {
        expect(ms).toBe(LOOK_MS)
        wake = resolve
        signal.addEventListener('abort', () => resolve())
      }),
  }
  const watch = new ReplicaWatch({
    ...{ database, usage, owner: OWNER, clock, log: lines.log },
    onBug: error => expect.fail(String(error)),
  })
  closing.push(() => watch.stop())
  const look = async () => {
    if (wake === undefined) watch.start()
    const woken = wake
    woken?.()
    await expect.poll(() => wake !== woken, { timeout: 20_000 }).toBe(true)
  }
  return { watch, lines, look }
}

test('the lag is 0 while the replica has everything, and grows while it replays nothing', async () => {
  const { watch, look } = watchOf(readerOf(replicaUrl))
  await renew()
  await expect.poll(isReplayed).toBe(true)
  await look()
  expect(watch).toMatchObject({ isUp: true, lagMs: 0 })
  await setPaused(true)
  const pausedAt = performance.now()
  await renew()
  await sleep(300)
  await look()
  const [first = 0, least] = [watch.lagMs, performance.now() - pausedAt - 50]
  expect(first).toBeGreaterThan(Math.min(250, least))
  await sleep(300)
  await look()
  expect(watch.lagMs).toBeGreaterThan(first + 250)
  await setPaused(false)
  await expect.poll(isReplayed).toBe(true)
  await look()
  expect(watch.lagMs).toBe(0)
})

test('questions are answered by the standby, with what it has', async () => {
  const reader = readerOf(replicaUrl)
  await query(url, `insert into tenants values ('acme', 'A', 'UTC') on conflict do nothing`)
  await setPaused(true)
  await addUsage('ann')
  expect((await reader.page(USERS, 10, NEVER)).rows).toEqual([])
  await setPaused(false)
  await expect.poll(async () => (await reader.page(USERS, 10, NEVER)).rows.length).toBe(1)
  const { lines } = await reader.all(USERS, undefined, NEVER)
  let csv = ''
  for await (const line of lines) csv += line
  expect(csv).toContain('ann')
})

test('a replica that is gone is down and said once; another host of the URL takes over until it is back', async () => {
  const single = watchOf(readerOf(replicaUrl))
  const both = readerOf(replicaUrl.replace(new URL(replicaUrl).host, it => `${it},${new URL(url).host}`))
  const double = watchOf(both)
  await single.look()
  await double.look()
  await standby.stop()
  await expect.poll(() => both.page(USERS, 10, NEVER).catch(() => undefined)).toBeDefined()
  for (let times = 0; times < 3; times++) {
    await single.look()
    await double.look()
  }
  expect(single.watch.isUp).toBe(false)
  expect(single.lines.messages).toEqual([
    'database.read_url does not answer: questions about usage fail until it does',
  ])
  expect(JSON.stringify(single.lines.lines)).toContain('or set database.read_url to where it runs')
  expect(double.watch).toMatchObject({ isUp: true, lagMs: 0 })
  await standby.restart()
  await single.look()
  await double.look()
  expect(single.watch.isUp).toBe(true)
  expect(single.lines.messages.slice(1)).toEqual(['database.read_url answers again'])
  // Connections to the other host are kept for a minute; new ones go to the first.
  await setPaused(true)
  await addUsage('bob')
  const answers = await Promise.all([1, 2].map(() => both.page(USERS, 10, NEVER)))
  await setPaused(false)
  expect(answers.map(({ rows }) => rows.length).sort()).toEqual([1, 2])
})
