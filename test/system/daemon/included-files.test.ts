import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { expected, slack } from '../../harness/random-runs.ts'
import { DaemonProcess } from './daemon-process.ts'
import { SECRET, until } from './scene.ts'
import { READER } from './watched-fleet.ts'
import type { SeenRouter, Visits } from './watched-fleet-messages.ts'
import { WatchedFleetProcess } from './watched-fleet-process.ts'

const FILES = 2_000
/** The others are disabled: what is tried here is the reload, not 2,000 connections. */
const READ = expected(42, 200)
const TENANTS = 20
const TICK_MS = 2_000
/** Ticks that one router misses over both reloads. */
const MISSED_AT_MOST = slack(2)
const APPLIED = '"config reloaded"'
const FAULTY = 'config not reloaded: it has faults'

let folder: string
let database: ScratchDatabase
let fleet: WatchedFleetProcess
let daemon: DaemonProcess | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-included-'))
  database = await createScratchDatabase()
  fleet = new WatchedFleetProcess()
})

afterEach(async () => {
  await daemon?.end('SIGTERM')
  daemon = undefined
  await fleet.stop()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

test('a reload of 2,000 included files, one of them faulty at first, makes no poll late and then applies all of them', async () => {
  const routers = await fleet.start({ seed: 52, routers: READ + 1, sessions: 4 })
  const [joining, leaving, ...untouched] = routers.map(({ identity }) => identity)
  if (joining === undefined || leaving === undefined) throw new Error('the fleet has routers')
  await mkdir(join(folder, 'routers.d'))
  await writeFile(join(folder, 'tikmeter.yaml'), mainText())
  await writeFiles(routers.slice(1), '7s')
  daemon = await DaemonProcess.start(join(folder, 'tikmeter.yaml'), logFile(), {}, [inject('cli')])
  await fleet.churn(READ / 7)
  await until('every router is read', () => areRead([leaving, ...untouched], 0))
  await readAgain(untouched)
  const fromMs = Date.now()

  // A router comes, another one goes, and each of the others has another timeout. One file has a fault.
  const changed = routers.filter(({ identity }) => identity !== leaving)
  await writeFiles(changed, '9s')
  const spoilt = join(folder, 'routers.d', nameOf(1_234))
  const text = readFileSync(spoilt, 'utf8')
  await writeFile(spoilt, text.replace('host:', 'hots:'))
  const before = await fleet.routers()
  await until('it is rejected', () => logged(FAULTY).length > 0)
  const [rejected = ''] = logged(FAULTY)
  const { faults } = JSON.parse(rejected)
  expect(String(faults).replaceAll(folder, '').split('\n')).toEqual([
    `/routers.d/${nameOf(1_234)}:4:9 tenants[0].routers[0].host: is missing: set it to a host name or an address such as 10.1.0.1 or "fd00::1", in quotes`,
    `/routers.d/${nameOf(1_234)}:5:9 tenants[0].routers[0].hots: is not a key of this block: did you mean host?`,
  ])
  await readAgain(untouched)
  expect(logged(APPLIED)).toEqual([])
  expect(await listed([joining, leaving])).toEqual({ routers: FILES, named: leaving })
  expect(connectionsOf(await fleet.routers())).toEqual(connectionsOf(before))

  const mendedMs = Date.now()
  await writeFile(spoilt, text)
  await until('it is applied', () => logged(APPLIED).length > 0)
  const noticedMs = Date.now() - mendedMs
  expect(await listed([joining, leaving])).toEqual({ routers: FILES, named: joining })
  await until('the new one is read', () => areRead([joining], mendedMs))
  await until('the removed one is left', async () => {
    return (await fleet.routers()).get(leaving)?.connections === 0
  })
  const hungUpMs = Date.now()
  daemon.signal('SIGHUP')
  await until('it is loaded once more', () => logged(APPLIED).length > 1)
  const reloadMs = Date.now() - hungUpMs

  await readAgain(untouched)
  const toMs = Date.now()
  const visits = (await fleet.visits())
    .filter(({ router }) => untouched.includes(router))
    .map(it => ({ ...it, all: it.all.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs) }))
  const missed = visits.map(missedBy)
  console.log(
    `${FILES} files: applied ${noticedMs} ms after the change, ${reloadMs} ms after a signal; ${untouched.length} routers ` +
      `read ${visits.reduce((sum, { all }) => sum + all.length, 0)} times, ${Math.max(...missed)} missed at most`,
  )
  expect(visits.length).toBeGreaterThan(0)
  expect(Math.max(...missed.map(Math.abs))).toBeLessThanOrEqual(MISSED_AT_MOST)
}, 180_000)

function mainText(): string {
  return stringify({
    include: ['routers.d/*.yaml'],
    database: { url: database.url },
    journal: { directory: join(folder, 'journal') },
    poll: { schedule: `*/${TICK_MS / 1000} * * * * *`, timeout: '3s' },
    commit: { interval: '1s' },
    server: { port: 0 },
    auth: { secret: SECRET },
    tenants: Array.from({ length: TENANTS }, (_, index) => ({ id: `t${index}`, timezone: 'UTC' })),
  })
}

/** Writes a file for each of these routers, and others for disabled ones, whose timeout is this. */
async function writeFiles(routers: readonly SeenRouter[], timeout: string): Promise<void> {
  for (let index = 0; index < FILES; index++) {
    const router = routers[index]
    const { name: username, password } = READER
    const block = router
      ? { id: router.identity, host: router.host, port: router.port, username, password }
      : { id: `r${index}`, host: `r${index}.example`, username, password, enabled: false, timeout }
    const path = join(folder, 'routers.d', nameOf(index))
    await writeFile(`${path}.new`, stringify({ tenants: [{ id: `t${index % TENANTS}`, routers: [block] }] }))
    await rename(`${path}.new`, path)
  }
}

function nameOf(index: number): string {
  return `${String(index).padStart(5, '0')}.yaml`
}

/** Resolves when each of them was read once more. */
async function readAgain(routers: readonly string[]): Promise<void> {
  const sinceMs = Date.now()
  await until('they are read again', () => areRead(routers, sinceMs))
}

async function areRead(routers: readonly string[], sinceMs: number): Promise<boolean> {
  const seen = await fleet.routers()
  return routers.every(id => (seen.get(id)?.readAtMs ?? 0) > sinceMs)
}

/** The number of routers in the tables, and which of the named ones are among them. */
async function listed(names: readonly string[]): Promise<object | undefined> {
  const [row] = await query<{ routers: number; named: string }>(
    database.url,
    `select count(*)::int as routers, string_agg(id, ' ') filter (where id in ('${names.join("','")}')) as named
      from routers where removed_at is null`,
  )
  return row
}

function connectionsOf(routers: ReadonlyMap<string, SeenRouter>): readonly unknown[] {
  return Array.from(routers.values(), ({ identity, connections, logins }) => [identity, connections, logins])
}

/** Ticks between the first and the last reading that had none; negative if there were more readings than ticks. */
function missedBy({ all }: Visits): number {
  const spanMs = (all.at(-1)?.atMs ?? 0) - (all[0]?.atMs ?? 0)
  return Math.round(spanMs / TICK_MS) + 1 - all.length
}

function logged(words: string): readonly string[] {
  return readFileSync(logFile(), 'utf8')
    .split('\n')
    .filter(line => line.includes(words))
}

function logFile(): string {
  return join(folder, 'tikmeter.log')
}
