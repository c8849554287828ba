import { v7 as uuid } from 'uuid'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Growth } from '../../../src/accounting/columns/columns.ts'
import { countedUpTo } from '../../../src/accounting/counting/mark.ts'
import type { Decision, Entry } from '../../../src/accounting/entry.ts'
import { sessionId } from '../../../src/accounting/ids.ts'
import { adopt, type Ledger, NEW_LEDGER } from '../../../src/accounting/ledger.ts'
import type { Session } from '../../../src/accounting/session.ts'
import { PendingBuilder } from '../../../src/accounting/waiting/pending.ts'
import { NOTHING_DECIDED, PLAIN_SESSION } from '../../accounting/readings.ts'
import { type LedgerScene, NOON, openLedgerScene, sums } from '../pg/ledger-scene.ts'
import { ReadRouter } from './read-router.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.begin())
afterAll(() => scene.stop())

const BUCKET = { startMs: NOON, day: '2026-11-24' }
const { tenant, router, limits } = new ReadRouter('acme', 'hq')

/** A router's PPP sessions, by the row numbers of one connection after another. */
class NumberedRouter {
  #ledger: Ledger = NEW_LEDGER
  #builder = new PendingBuilder(0)
  #second = 0

  logIn(sessions: readonly Session[], connection: object): void {
    const entries = sessions.map((session): Entry => ({ kind: 'start', session, counted: [] }))
    const shares = new Map(
      entries.map(entry => {
        const { startMs: bucketStartMs, day } = BUCKET
        return [entry, [{ bucketStartMs, day, ...entry.session.recorded }]] as const
      }),
    )
    this.#decide({ entries, numbered: { by: connection, sessions: new Map(sessions.entries()) } }, shares)
  }

  /** The same sessions with the row numbers of a new connection. */
  reconnect(connection: object): void {
    const sessions = new Map(this.#ledger.columns?.entries())
    this.#decide({ entries: [], numbered: { by: connection, sessions } })
  }

  /** Each session grows by these bytes up, and twice as many down. */
  grow(upload: number): void {
    const { columns } = this.#ledger
    if (!columns) return
    const numbers = Int32Array.from(columns.details.keys())
    const growth: Growth = {
      ...{ columns, numbers, from: new Date(NOON), to: new Date(NOON + 5_000) },
      upload: new Float64Array(numbers.length).fill(upload),
      download: new Float64Array(numbers.length).fill(2 * upload),
      total: { upload: 0n, download: 0n },
    }
    this.#decide({ entries: [], growth })
  }

  async commit(): Promise<unknown> {
    const pending = this.#builder.build()
    this.#builder = new PendingBuilder(pending.position)
    return [...(await scene.store.commit([{ tenant, router, limits, epoch: 1, pending }])).values()][0]
  }

  #decide(
    decided: Pick<Decision, 'entries' | 'numbered' | 'growth'>,
    shares: Parameters<PendingBuilder['add']>[1] = new Map(),
  ): void {
    const atMs = NOON + ++this.#second * 1_000
    const decision: Decision = {
      ...{ service: 'ppp', ...NOTHING_DECIDED, ...decided },
      at: { wall: new Date(atMs), steadyMs: atMs },
      boot: { earliestMs: NOON - 5_000, latestMs: NOON - 4_000 },
    }
    this.#builder.add(decision, shares, decided.growth ? [{ ...decided.growth, bucket: BUCKET }] : [])
    this.#ledger = adopt(this.#ledger, decision)
  }
}

function session(username: string): Session {
  const recorded = { upload: 1, download: 2 }
  return {
    ...{ id: sessionId(uuid()), service: 'ppp', protocol: 'pppoe', username, server: undefined },
    ...{ macAddress: undefined, ipAddress: undefined, routerSessionId: undefined, callerId: undefined },
    ...{ binding: undefined, startMs: NOON, login: { earliestMs: NOON - 1_000, latestMs: NOON } },
    ...{ mark: countedUpTo(recorded), recorded, lastMovedMs: NOON, ...PLAIN_SESSION },
  }
}

function sameSum(bytes: number) {
  const sum = String(bytes)
  return [{ sessions: sum, deltas: sum, daily: sum, tenant_daily: sum }]
}

test('growth on both sides of a reconnection is counted once', async () => {
  const read = new NumberedRouter()
  read.logIn([session('amina'), session('bo')], {})
  expect(await read.commit()).toEqual({ kind: 'committed' })
  read.grow(10)
  read.reconnect({})
  read.grow(5)
  expect(await read.commit()).toEqual({ kind: 'committed' })
  expect(await sums(scene)).toEqual(sameSum(2 * (3 + 45)))
  expect(
    await scene.ask('select username, data_upload::int, counter_upload::int from user_sessions order by 1'),
  ).toEqual([
    { username: 'amina', data_upload: 16, counter_upload: 16 },
    { username: 'bo', data_upload: 16, counter_upload: 16 },
  ])
})

test('two sessions of one subscriber grow like one', async () => {
  const read = new NumberedRouter()
  read.logIn([session('shared'), session('shared'), session('amina')], {})
  await read.commit()
  read.grow(10)
  expect(await read.commit()).toEqual({ kind: 'committed' })
  expect(await sums(scene)).toEqual(sameSum(3 * (3 + 30)))
  expect(await scene.ask('select username, upload::int from usage_daily order by 1')).toEqual([
    { username: 'amina', upload: 11 },
    { username: 'shared', upload: 22 },
  ])
})
