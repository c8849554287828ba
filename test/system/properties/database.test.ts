import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSessions } from '../../../src/accounting/ledger.ts'
import type { StoredRouter } from '../../../src/recording/ports.ts'
import type { SimulatedService } from '../../harness/services.ts'
import { ALL_ROUTERS, key, type LedgerScene, openLedgerScene } from '../../store/pg/ledger-scene.ts'
import { histories } from './history.ts'
import { Life } from './life.ts'
import { DATABASE_HISTORIES, MS_A_HISTORY, parametersOf, SEEDS } from './numbers.ts'
import type { FourTables } from './tables.ts'
import { expectDaysAndBuckets, expectRecordedIsRead, expectSumsAgree } from './verdict.ts'

const [ROUTER] = ALL_ROUTERS

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
afterAll(() => scene.stop())

/** Makes all requests to Postgres that the daemon made to its tables. */
async function commitAll({ daemon }: Life): Promise<void> {
  if (!ROUTER) throw new Error('no router')
  await scene.begin()
  let epoch = 1
  for (const request of daemon.requests) {
    if (request.kind === 'lease') {
      const leases = await scene.leases.acquire([ROUTER])
      expect(leases.get(key(ROUTER))).toBe(++epoch)
      continue
    }
    const { tenant, router, limits } = ROUTER
    const outcomes = await scene.store.commit([{ tenant, router, limits, epoch, pending: request.pending }])
    expect(outcomes.get(key(ROUTER))?.kind, 'the outcome of a commit').toBe(request.outcome)
  }
  const loaded = (await scene.store.load([ROUTER])).get(key(ROUTER))
  expect(loaded && standing(loaded), 'what the next process starts with').toEqual(
    standing(daemon.tables.stored),
  )
}

/** A stored router without its instants, which Postgres keeps in milliseconds. */
function standing({ position, committedEpoch, ledgers }: StoredRouter) {
  const open = [...ledgers.values()].flatMap(ledger => [...openSessions(ledger)])
  return {
    ...{ position, committedEpoch, bindings: ledgers.get('ppp')?.bindings ?? new Map() },
    sessions: new Map(
      open.map(({ id, service, username, recorded, mark }) => {
        const counters = mark.kind === 'counted' ? mark.counters : mark.from
        return [id, { service, username, recorded, counters }]
      }),
    ),
  }
}

function serviceOf(row: Readonly<Record<string, unknown>>): SimulatedService {
  return row['service'] === 'ppp' ? 'ppp' : 'hotspot'
}

function bytesOf(row: Readonly<Record<string, unknown>>) {
  return { upload: BigInt(String(row['upload'])), download: BigInt(String(row['download'])) }
}

async function readTables(): Promise<FourTables> {
  const sessions = await scene.ask(
    'select id, service, username, data_upload as upload, data_download as download from user_sessions',
  )
  const deltas = await scene.ask(
    'select session_id, extract(epoch from bucket_start) * 1000 as ms, upload, download from session_deltas',
  )
  const daily = await scene.ask('select day::text, service, username, upload, download from usage_daily')
  const tenantDaily = await scene.ask('select day::text, service, upload, download from tenant_usage_daily')
  return {
    sessions: sessions.map(row => {
      const [id, username] = [String(row['id']), String(row['username'])]
      return { id, service: serviceOf(row), username, ...bytesOf(row) }
    }),
    deltas: deltas.map(row => {
      return { id: String(row['session_id']), bucketStartMs: Number(row['ms']), ...bytesOf(row) }
    }),
    daily: daily.map(row => {
      const [day, username] = [String(row['day']), String(row['username'])]
      return { day, service: serviceOf(row), username, ...bytesOf(row) }
    }),
    tenantDaily: tenantDaily.map(row => {
      return { day: String(row['day']), service: serviceOf(row), ...bytesOf(row) }
    }),
  }
}

const timeout = 60_000 + DATABASE_HISTORIES * MS_A_HISTORY

it(`the four tables in Postgres have what readings carried, over ${DATABASE_HISTORIES} histories`, {
  timeout,
}, async () => {
  const property = fc.asyncProperty(histories, async history => {
    const life = new Life(history).live()
    await commitAll(life)
    const tables = await readTables()
    expectRecordedIsRead(life, tables)
    expectSumsAgree(tables)
    expectDaysAndBuckets(life, tables)
  })
  await fc.assert(property, parametersOf(SEEDS[0] ?? 1, DATABASE_HISTORIES))
})
