import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { slack } from '../../harness/random-runs.ts'
import { Exposition } from '../../tools/bench/fleet/exposition.ts'
import { compare, differenceOf, isEqual } from './compare.ts'
import {
  CAST_ROUTERS,
  type Cast,
  type Change,
  castOf,
  FIRST_ROUTERS,
  type Tenants,
} from './config-changes.ts'
import { configText, type OtherKeys, SPOILT, type Spoilt } from './config-faults.ts'
import { ConfigOnDisk, WAYS } from './config-on-disk.ts'
import { DaemonProcess } from './daemon-process.ts'
import { SECRET, until } from './scene.ts'
import type { SeenRouter, SessionAccount, Visits } from './watched-fleet-messages.ts'
import { WatchedFleetProcess } from './watched-fleet-process.ts'

const TICK_MS = 2_000
const SESSIONS = 4
/** Of sessions, the same per router for any number of routers. */
const CHURN_PER_SECOND = CAST_ROUTERS / 7
/** Two seconds in all, during which the daemon looks at the file more than once. */
const BETWEEN_PIECES_MS = 500
/** Ticks that one router misses over all changes. */
const MISSED_AT_MOST = slack(2)
const APPLIED = '"config reloaded"'
const FAULTY = 'config not reloaded: it has faults'

let folder: string
let database: ScratchDatabase
let fleet: WatchedFleetProcess
let daemon: DaemonProcess | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-reload-'))
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

test('changes of the config cost no untouched router a login or a reading, and nobody a byte', async () => {
  const cast = castOf(await fleet.start({ seed: 51, routers: CAST_ROUTERS, sessions: SESSIONS }))
  const config = new ConfigOnDisk(folder)
  await config.write(configText(keys(), cast.tenants), 'renamed', 0)
  daemon = await DaemonProcess.start(config.file, logFile(), {}, [inject('cli')])
  const listed = cast.tenants.flatMap(({ routers }) => routers.map(({ id }) => id))
  expect(listed).toHaveLength(FIRST_ROUTERS)
  await fleet.churn(CHURN_PER_SECOND)
  await until('every router is read', async () => {
    const routers = await fleet.routers()
    return listed.every(id => typeof routers.get(id)?.readAtMs === 'number')
  })
  await readAgain(cast.untouched)
  const skippedBefore = await skippedTicks(daemon.port, cast)
  const fromMs = Date.now()

  let tenants = cast.tenants
  for (const [index, step] of stepsOf(cast).entries()) {
    // The daemon has to notice the other changes by itself.
    const isSignalled = index % 7 < 5
    const write = async (text: string) => {
      await config.write(text, WAYS[index % WAYS.length] ?? 'renamed', isSignalled ? 0 : BETWEEN_PIECES_MS)
      if (isSignalled) daemon?.signal('SIGHUP')
    }
    if (step.kind === 'spoilt') await writeSpoilt(step.spoilt, tenants, write)
    else tenants = await writeChange(step.change, tenants, write)
  }

  await readAgain(cast.untouched)
  const toMs = Date.now()
  const skipped = await skippedTicks(daemon.port, cast)
  const skippedSince = [...skipped].map(([id, ticks]) => ticks - (skippedBefore.get(id) ?? 0))
  expect(Math.max(...skippedSince)).toBeLessThanOrEqual(MISSED_AT_MOST)
  const seen = await fleet.routers()
  const logins = cast.untouched.map(id => seen.get(id)?.logins)
  expect(logins).toEqual(cast.untouched.map(() => 1))
  const visits = (await fleet.visits())
    .filter(({ router }) => cast.untouched.includes(router))
    .map(it => ({ ...it, all: it.all.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs) }))
  expect(visits.filter(it => Math.abs(missedBy(it)) > MISSED_AT_MOST)).toEqual([])
  await expectReported(daemon.port, cast)

  await fleet.stopChurn()
  const read = tenants.flatMap(({ routers }) => routers.map(({ id }) => id))
  // The first reading may have begun before; the second settles counters that fell in it.
  for (let reading = 0; reading < 3; reading++) await readAgain(read)
  expect(await daemon.end('SIGTERM')).toBe(0)
  const account = await fleet.account()
  const owners = ownersOf(cast)
  const comparison = await compare(
    database.url,
    account.map(it => ({ ...it, tenant: owners.get(it.router) ?? '' })),
  )
  console.log(
    `${cast.changes.length + SPOILT.length} changes, ${SPOILT.length} of them faulty; ${cast.untouched.length} ` +
      `routers untouched, read ${sumOf(visits.map(it => it.all.length))} times, ` +
      `${sumOf(visits.map(missedBy))} missed, ${sumOf(logins.map(it => (it ?? 0) - 1))} further logins; ` +
      `${comparison.subscribers} subscribers, difference ${differenceOf(comparison)} bytes`,
  )
  expect(comparison.differences).toEqual([])
  expect(isEqual(comparison)).toBe(true)
  expect(comparison.recorded.download).toBeGreaterThan(0n)
  expect(await sessions()).toEqual(sessionsOf(account))
  await expectRemoved(cast)
}, 180_000)

type Step =
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'spoilt'; readonly spoilt: Spoilt }

/** The changes with the faulty configs spread evenly among them. */
function stepsOf({ changes }: Cast): readonly Step[] {
  const each = changes.length / SPOILT.length
  return SPOILT.flatMap((spoilt, index): readonly Step[] => {
    const some = changes.slice(index * each, (index + 1) * each)
    const steps = some.map(change => ({ kind: 'change', change }) as const)
    return [...steps.slice(0, each / 2), { kind: 'spoilt', spoilt }, ...steps.slice(each / 2)]
  })
}

async function writeChange(
  change: Change,
  tenants: Tenants,
  write: (text: string) => Promise<void>,
): Promise<Tenants> {
  const next = change.to(tenants)
  const before = await fleet.routers()
  const applied = logged(APPLIED).length
  const { routers, password } = change
  if (password !== undefined) await fleet.changePassword(routers, password)
  const sinceMs = Date.now()
  await write(configText(keys(), next))
  await until(`it is applied: ${change.what}`, () => logged(APPLIED).length > applied)
  expect(await tables()).toEqual(tablesOf(next))
  await until(`all is as it should be: ${change.what}`, async () => {
    const now = await fleet.routers()
    return routers.every(id => hasCome(change.fate, before.get(id), now.get(id), sinceMs))
  })
  return next
}

function hasCome(
  fate: Change['fate'],
  before: SeenRouter | undefined,
  now: SeenRouter | undefined,
  sinceMs: number,
): boolean {
  if (!before || !now) return false
  if (fate !== 'begun') return now.connections === 0
  return now.connections === 1 && now.logins === before.logins + 1 && (now.readAtMs ?? 0) > sinceMs
}

/** Besides its fault, this config would remove a router from each tenant. */
async function writeSpoilt(
  { what, text }: Spoilt,
  tenants: Tenants,
  write: (text: string) => Promise<void>,
): Promise<void> {
  const faulty = logged(FAULTY).length
  const applied = logged(APPLIED).length
  const before = await fleet.routers()
  const fewer = tenants.map(it => ({ ...it, routers: it.routers.slice(0, -1) }))
  await write(text(keys(), fewer))
  await until(`it is rejected: ${what}`, () => logged(FAULTY).length > faulty)
  expect(logged(APPLIED)).toHaveLength(applied)
  expect(await tables()).toEqual(tablesOf(tenants))
  const now = await fleet.routers()
  const states = (routers: ReadonlyMap<string, SeenRouter>) =>
    Array.from(routers.values(), ({ identity, connections, logins }) => [identity, connections, logins])
  expect(states(now)).toEqual(states(before))
}

function keys(): OtherKeys {
  return {
    database: { url: database.url },
    journal: { directory: join(folder, 'journal') },
    poll: { schedule: `*/${TICK_MS / 1000} * * * * *`, timeout: '3s' },
    commit: { interval: '1s' },
    server: { port: 0 },
    auth: { secret: SECRET },
  }
}

async function tables(): Promise<readonly string[]> {
  const rows = await query<{ line: string }>(
    database.url,
    `select concat_ws(' ', id, name, timezone) as line from tenants where removed_at is null
      union all select concat_ws('/', tenant_id, id) from routers where removed_at is null`,
  )
  return rows.map(({ line }) => line).sort()
}

function tablesOf(tenants: Tenants): readonly string[] {
  return tenants
    .flatMap(({ id, name, timezone, routers }) => [
      `${id} ${name} ${timezone}`,
      ...routers.map(router => `${id}/${router.id}`),
    ])
    .sort()
}

/** Skipped ticks of the untouched routers. */
async function skippedTicks(port: number, { untouched }: Cast): Promise<ReadonlyMap<string, number>> {
  const skipped = new Map<string, number>()
  for (const [, labels = '', value] of (await metrics(port)).matchAll(SKIPPED)) {
    const router = /router="([^"]+)"/.exec(labels)?.[1] ?? ''
    if (untouched.includes(router)) skipped.set(router, Number(value))
  }
  expect(skipped.size).toBe(untouched.length)
  return skipped
}

async function metrics(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  return response.text()
}

const SKIPPED = /^tikmeter_router_skipped_ticks_total\{([^}]*)\} (\d+)$/gm

/** Ticks between the first and the last reading that had none; negative if there were more readings than ticks. */
function missedBy({ all }: Visits): number {
  const spanMs = (all.at(-1)?.atMs ?? 0) - (all[0]?.atMs ?? 0)
  return Math.round(spanMs / TICK_MS) + 1 - all.length
}

/** Expects that the metrics count all reloads, and that the last one was successful and is as old as in the log. */
async function expectReported(port: number, { changes }: Cast): Promise<void> {
  expect(logged(FAULTY)).toHaveLength(SPOILT.length)
  const exposition = new Exposition(await metrics(port))
  expect(exposition.value('tikmeter_config_reloads_total{outcome="applied"}')).toBe(changes.length)
  expect(exposition.value('tikmeter_config_reloads_total{outcome="faulty"}')).toBe(SPOILT.length)
  expect(exposition.value('tikmeter_config_last_reload_successful')).toBe(1)
  const [last = ''] = logged(APPLIED).slice(-1)
  const loggedAt = Date.parse(String(JSON.parse(last).time))
  const appliedAt = exposition.value('tikmeter_config_last_reload_success_timestamp_seconds') ?? 0
  expect(Math.abs(appliedAt * 1000 - loggedAt)).toBeLessThan(1_000)
}

/** Resolves when each of them was read once more: then the reading before it is recorded. */
async function readAgain(routers: readonly string[]): Promise<void> {
  const sinceMs = Date.now()
  await until('they are read again', async () => {
    const seen = await fleet.routers()
    return routers.every(id => (seen.get(id)?.readAtMs ?? 0) > sinceMs)
  })
}

/** The tenant that each router belongs to, now or later. */
function ownersOf({ tenants, changes }: Cast): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  let now = tenants
  for (const change of [undefined, ...changes]) {
    now = change?.to(now) ?? now
    for (const { id, routers } of now) for (const router of routers) owners.set(router.id, id)
  }
  return owners
}

/**
 * The hotspot sessions that moved a byte, a line each: a session that ended before its counters were read has a row too.
 * Of two PPP sessions of one account that begin at the same time, nobody can tell which has which interface
 * (docs/accounting.md rule 30).
 */
async function sessions(): Promise<readonly string[]> {
  const rows = await query<{ line: string }>(
    database.url,
    `select concat_ws(' ', router_id, username, data_upload, data_download) as line
      from user_sessions where data_used > 0 and service = 'hotspot'`,
  )
  return rows.map(({ line }) => line).sort()
}

function sessionsOf(account: readonly SessionAccount[]): readonly string[] {
  return account
    .filter(({ service, carried }) => service === 'hotspot' && carried.upload + carried.download > 0)
    .map(it => [it.router, it.username, it.carried.upload, it.carried.download].join(' '))
    .sort()
}

/** Expects sessions to have ended with a router that is gone for good, or to be gone when the router was back. */
async function expectRemoved({ tenants, changes }: Cast): Promise<void> {
  const rows = await query<{ router: string; open: number; removed: number }>(
    database.url,
    `select router_id as router, count(*) filter (where status = 'active')::int as open,
        count(*) filter (where end_reason = 'removed')::int as removed
      from user_sessions group by router_id`,
  )
  const wereOut = new Set(changes.flatMap(({ fate, routers }) => (fate === 'removed' ? routers : [])))
  const last = changes.reduce((all, { to }) => to(all), tenants)
  const areIn = new Set(last.flatMap(({ routers }) => routers.map(({ id }) => id)))
  const out = rows.filter(({ router }) => !areIn.has(router))
  expect(out.map(({ router }) => wereOut.has(router))).toEqual(Array(4).fill(true))
  expect(out.filter(({ open, removed }) => open > 0 || removed === 0)).toEqual([])
  expect(rows.filter(({ router, removed }) => removed > 0 && !wereOut.has(router))).toEqual([])
}

function logged(words: string): readonly string[] {
  return readFileSync(logFile(), 'utf8')
    .split('\n')
    .filter(line => line.includes(words))
}

function logFile(): string {
  return join(folder, 'tikmeter.log')
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
