import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Calendar } from '../../src/accounting/calendar.ts'
import { decide } from '../../src/accounting/decide.ts'
import type { Entry } from '../../src/accounting/entry.ts'
import { routerId, routerKey, tenantId } from '../../src/accounting/ids.ts'
import { adopt, type Ledger, NEW_LEDGER } from '../../src/accounting/ledger.ts'
import { PendingBuilder } from '../../src/accounting/pending.ts'
import { type Share, spread } from '../../src/accounting/spread.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { Database } from '../../src/store/database.ts'
import { EmbeddedPostgres } from '../../src/store/embedded.ts'
import { LeaseStore } from '../../src/store/lease-store.ts'
import { LedgerStore } from '../../src/store/ledger-store.ts'
import { migrate } from '../../src/store/migrate.ts'
import { perSecond, report } from './measure.ts'
import { readingAt, sessionIds } from './readings.ts'

const SESSIONS = 20_000
const COMMITS = 4
const TENANT = tenantId('bench')
const ROUTER = routerId('hq')

/** What it takes Postgres to have every session's new bytes: the first commit, and the ones after it. */
export async function benchCommitting(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tikmeter-bench-'))
  // As root, PostgreSQL is another user.
  await chmod(folder, 0o711)
  const directory = join(folder, 'postgres')
  const postgres = new EmbeddedPostgres({ directory, log: createLogger('warn'), clock: systemClock })
  const { url } = await postgres.start()
  try {
    await migrate(url)
    const database = new Database({
      url,
      log: createLogger('warn'),
      applicationName: 'bench',
      connections: 4,
    })
    await commitRounds(database)
    await database.stop()
  } finally {
    await postgres.stop()
    await rm(await realpath(directory), { recursive: true, force: true })
    await rm(folder, { recursive: true, force: true })
  }
}

async function commitRounds(database: Database): Promise<void> {
  const owner = 'bench'
  const store = new LedgerStore({ database, clock: systemClock, owner, deltasRetentionMs: 90 * 86_400_000 })
  await store.syncConfig([
    { id: TENANT, name: 'Bench', timezone: 'UTC', routers: [{ id: ROUTER, name: 'hq', host: 'localhost' }] },
  ])
  const router = { tenant: TENANT, router: ROUTER }
  const taken = await new LeaseStore({ database, owner, durationMs: 600_000 }).acquire([router])
  const epoch = taken.get(routerKey(TENANT, ROUTER))?.epoch ?? 0
  const calendar = new Calendar('UTC')
  const newId = sessionIds()
  const beganMs = Date.now() - 600_000
  let ledger: Ledger = NEW_LEDGER
  let bestMs = Number.POSITIVE_INFINITY
  for (let round = 0; round < COMMITS; round++) {
    const reading = readingAt(beganMs + 60_000 + round * 30_000, beganMs, SESSIONS, 1_000)
    const decision = decide(ledger, reading, { plausibleBitsPerSecond: 10e9, stalledAfterMs: 900_000 }, newId)
    ledger = adopt(ledger, decision)
    const shares = new Map<Entry, readonly Share[]>()
    for (const entry of decision.entries)
      if (entry.kind !== 'stop' && entry.counted) shares.set(entry, spread(entry.counted, 900_000, calendar))
    const pending = new PendingBuilder(round)
    pending.add(decision, shares)
    const walBefore = await walBytes(database)
    const startedMs = performance.now()
    await store.commit([{ ...router, epoch, pending: pending.build() }])
    const ms = performance.now() - startedMs
    const walMb = (await walBytes(database)) - walBefore
    if (round === 0) report('commit new sessions', `${perSecond(SESSIONS, ms)}, WAL ${walMb.toFixed(1)} MB`)
    else bestMs = Math.min(bestMs, ms)
    if (round === COMMITS - 1)
      report('commit sessions that moved', `${perSecond(SESSIONS, bestMs)}, WAL ${walMb.toFixed(1)} MB`)
  }
}

async function walBytes(database: Database): Promise<number> {
  const { rows } = await database.pool.query<{ mb: number }>(
    "select (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 / 1048576 as mb",
  )
  return rows[0]?.mb ?? 0
}
