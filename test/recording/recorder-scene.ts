import type { Bytes } from '../../src/accounting/bytes.ts'
import { Calendar } from '../../src/accounting/calendar.ts'
import {
  type RouterKey,
  routerId,
  routerKey,
  sessionId,
  type TenantId,
  tenantId,
} from '../../src/accounting/ids.ts'
import type { Reading, Service } from '../../src/accounting/reading.ts'
import { inOneGo } from '../../src/accounting/steps.ts'
import { LimitWatch } from '../../src/daemon/limit-watch.ts'
import { UncountedWatch } from '../../src/daemon/uncounted-watch.ts'
import { Rollup } from '../../src/live/rollup.ts'
import type { BudgetUse } from '../../src/poller/router-link.ts'
import type { DecisionRecord, Journal } from '../../src/recording/journal-port.ts'
import type { CommitOutcome, LedgerStore, RouterCommit, StoredRouter } from '../../src/recording/ports.ts'
import { Recorder, type RecorderOptions } from '../../src/recording/recorder.ts'
import { type RecordedRouter, RouterBook } from '../../src/recording/router-book.ts'
import { RouterBooks } from '../../src/recording/router-books.ts'
import { type RouterCondition, TenantBoard } from '../../src/recording/tenant-board.ts'
import { REGISTERED } from '../../src/services/registered.ts'
import { ofService, PLAIN_READING, PLAIN_ROW } from '../accounting/readings.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { LogLines } from '../runtime/log-lines.ts'

export const ACME = tenantId('acme')
export const GIB = 1024 ** 3
export const BEGINNING = new Date('2026-03-01T12:00:00Z')
export const NEW_ROUTER: StoredRouter = {
  position: 0,
  committedEpoch: 0,
  ledgers: new Map(),
}

/** A database that keeps what it was offered, and answers as the test says. */
export class FakeStore implements LedgerStore {
  readonly batches: (readonly RouterCommit[])[] = []
  /** The outcome for each router of the next batches; `committed` by default. */
  readonly outcomes = new Map<RouterKey, CommitOutcome>()
  /** What the next commit waits for, or fails by. */
  answering: Promise<void> = Promise.resolve()
  placeOf: (tenant: TenantId) => string = () => ''
  slicesAtOnce = 1

  async commit(batch: readonly RouterCommit[]): Promise<ReadonlyMap<RouterKey, CommitOutcome>> {
    this.batches.push(batch)
    await this.answering
    return new Map(
      batch.map(({ tenant, router }) => {
        const key = routerKey(tenant, router)
        return [key, this.outcomes.get(key) ?? { kind: 'committed' }]
      }),
    )
  }
}

/** A journal that keeps what it was given, and is done with it when the test says. */
export class FakeJournal implements Journal {
  readonly appended: DecisionRecord[] = []
  readonly settled: (readonly [router: RouterKey, epoch: number, position: number])[] = []
  /** What the next records wait for: whether they are durable. */
  answering: Promise<boolean> = Promise.resolve(true)

  append(record: DecisionRecord): Promise<boolean> {
    this.appended.push(record)
    return this.answering
  }

  committed(router: RouterKey, epoch: number, position: number): void {
    this.settled.push([router, epoch, position])
  }
}

/** A rejection as of a database that is away, now or whenever it is awaited. */
export function gone(): Promise<never> {
  const failing = Promise.reject(new Unavailable('gone'))
  failing.catch(() => {})
  return failing
}

/** A promise that the test resolves. */
export function held<T>(value: T): { readonly promise: Promise<T>; readonly release: () => void } {
  let release = () => {}
  const promise = new Promise<T>(resolve => {
    release = () => resolve(value)
  })
  return { promise, release: () => release() }
}

/** The failure of a database that is away. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly retryable = true
}

export function recordedRouter(name: string): RecordedRouter {
  return {
    tenant: ACME,
    router: routerId(name),
    name: undefined,
    terms: { plausibleBitsPerSecond: 1e12, stalledAfterMs: 900_000 },
    limits: { maxSessions: 20_000, newSessionsPerHour: 80_000 },
  }
}

export const STALE_MS = 60_000
export const LAG_MS = 30_000

/** A recorder with one tenant, whose routers and readings come from the test, and the board that shows it. */
export class Scene {
  readonly clock = new HandClock(BEGINNING)
  readonly store = new FakeStore()
  readonly journal = new FakeJournal()
  readonly conditions = new Map<RouterKey, RouterCondition>()
  readonly books = new RouterBooks()
  readonly board = new TenantBoard({
    books: this.books,
    services: REGISTERED,
    bucketMs: 900_000,
    staleAfterMs: STALE_MS,
    otherRoutersLagMs: LAG_MS,
    conditionOf: key => this.conditions.get(key),
  })
  readonly lines = new LogLines()
  readonly uncounted = new UncountedWatch({
    healthOf: key => this.conditions.get(key),
    clock: this.clock,
    log: this.lines.log,
  })
  /** The use of its byte budgets in its last poll. */
  readonly budgetUses = new Map<RouterKey, BudgetUse>()
  readonly limits = new LimitWatch({
    healthOf: key => ({ budgetUse: this.budgetUses.get(key) }),
    log: this.lines.log,
  })
  /** How work is run. */
  work: RecorderOptions['work'] = inOneGo
  /** How the ids of its sessions begin. */
  idPrefix = 'session'
  #lastId = 0
  readonly recorder = new Recorder({
    onRecorded: () => {},
    onAdopted: book => {
      this.uncounted.look(book)
      this.limits.look(book)
    },
    store: this.store,
    journal: this.journal,
    books: this.books,
    spreadingOf: tenant => this.board.spreading(tenant),
    newSessionId: () => sessionId(`${this.idPrefix}-${++this.#lastId}`),
    work: steps => this.work(steps),
    onForgotten: book => this.board.keepRollup(book),
  })

  constructor() {
    this.board.addTenant(ACME, new Calendar('UTC'))
  }

  /** Adds a router that is ours from now on, at this epoch. */
  addRouter(name: string, epoch = 1, about: Partial<RecordedRouter> = {}): RouterKey {
    this.recorder.addRouter(
      new RouterBook({ ...recordedRouter(name), ...about }, NEW_ROUTER, new Rollup(), epoch),
    )
    return routerKey(ACME, routerId(name))
  }

  /** A reading of now, with these subscribers, each logged in since the beginning. */
  read(
    key: RouterKey,
    counters: Readonly<Record<string, Bytes | undefined>>,
    service: Service = 'hotspot',
  ): Promise<void> {
    return this.recorder.record(key, [readingOf(this.clock, counters, service)])
  }

  snapshot() {
    const snapshot = this.board.snapshot(ACME, this.clock.now())
    if (!snapshot) throw new Error('no such tenant')
    return snapshot
  }

  /** What the database was offered of a router, commit by commit, as bytes by subscriber. */
  offers(key: RouterKey): Readonly<Record<string, Bytes>>[] {
    return this.store.batches.flatMap(batch =>
      batch.filter(it => routerKey(it.tenant, it.router) === key).map(it => bytesOf(it)),
    )
  }
}

export function readingOf(
  clock: HandClock,
  counters: Readonly<Record<string, Bytes | undefined>>,
  service: Service,
): Reading {
  const steadyMs = clock.steadyMs()
  const uptimeSeconds = Math.floor((steadyMs - BEGINNING.getTime()) / 1000)
  const login = { earliestMs: BEGINNING.getTime() - 1_000, latestMs: BEGINNING.getTime() }
  const sessions = Object.entries(counters).map(([username, shown]) => ({
    ...{ protocol: service, username, server: 'hotspot1', macAddress: undefined, ipAddress: '10.5.50.10' },
    ...{ routerSessionId: undefined, callerId: undefined, ...PLAIN_ROW },
    ...{ uptimeSeconds, login, counters: shown },
  }))
  const boot = { earliestMs: BEGINNING.getTime() - 1e9, latestMs: BEGINNING.getTime() - 1e9 }
  return { ...ofService(service), at: { wall: clock.now(), steadyMs }, boot, sessions, ...PLAIN_READING }
}

function bytesOf({ pending }: RouterCommit): Readonly<Record<string, Bytes>> {
  const entries = [...pending.sessions.values()].map(({ session, shares }) => {
    const all = [...shares.values()]
    const upload = all.reduce((sum, share) => sum + share.upload, 0)
    const download = all.reduce((sum, share) => sum + share.download, 0)
    return [session.username, { upload, download }] as const
  })
  return Object.fromEntries(entries)
}
