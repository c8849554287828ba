import type { Bytes } from '../src/accounting/bytes.ts'
import { Calendar } from '../src/accounting/calendar.ts'
import { type RouterKey, routerId, routerKey, sessionId, tenantId } from '../src/accounting/ids.ts'
import { NEW_LEDGER } from '../src/accounting/ledger.ts'
import type { Reading, Service } from '../src/accounting/reading.ts'
import { Rollup } from '../src/accounting/rollup.ts'
import type { CommitOutcome, LedgerStore, RouterCommit, StoredRouter } from '../src/ledger-store.ts'
import { type RecordedRouter, Recorder, type RouterCondition } from '../src/recorder.ts'
import { HandClock } from './runtime/hand-clock.ts'

export const ACME = tenantId('acme')
export const GIB = 1024 ** 3
export const BEGINNING = new Date('2026-03-01T12:00:00Z')
export const NEW_ROUTER: StoredRouter = {
  position: 0,
  ledgers: { hotspot: NEW_LEDGER, ppp: NEW_LEDGER },
}

/** A database that keeps what it was offered, and answers as the test says. */
export class FakeStore implements LedgerStore {
  readonly batches: (readonly RouterCommit[])[] = []
  /** For each router of the next batches; `committed` unless the test says something else. */
  readonly outcomes = new Map<RouterKey, CommitOutcome>()
  /** What the next commit waits for, or fails by. */
  answering: Promise<void> = Promise.resolve()

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

/** The database is not there. */
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
  }
}

/** A recorder of one tenant, whose routers and readings are the test's. */
export class Scene {
  readonly clock = new HandClock(BEGINNING)
  readonly store = new FakeStore()
  readonly conditions = new Map<RouterKey, RouterCondition>()
  #lastId = 0
  readonly recorder = new Recorder({
    store: this.store,
    bucketMs: 900_000,
    staleAfterMs: 60_000,
    newSessionId: () => sessionId(`session-${++this.#lastId}`),
    conditionOf: key => this.conditions.get(key),
  })

  constructor() {
    this.recorder.addTenant(ACME, new Calendar('UTC'), new Rollup())
  }

  addRouter(name: string): RouterKey {
    this.recorder.addRouter(recordedRouter(name), NEW_ROUTER)
    return routerKey(ACME, routerId(name))
  }

  /** A reading of now, with these subscribers, each logged in since the beginning. */
  read(key: RouterKey, counters: Readonly<Record<string, Bytes>>, service: Service = 'hotspot'): void {
    this.recorder.record(key, readingOf(this.clock, counters, service))
  }

  snapshot() {
    const snapshot = this.recorder.snapshot(ACME, this.clock.now())
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
  counters: Readonly<Record<string, Bytes>>,
  service: Service,
): Reading {
  const steadyMs = clock.steadyMs()
  const uptimeSeconds = Math.floor((steadyMs - BEGINNING.getTime()) / 1000)
  const login = { earliestMs: BEGINNING.getTime() - 1_000, latestMs: BEGINNING.getTime() }
  const sessions = Object.entries(counters).map(([username, shown]) => ({
    ...{ protocol: service, username, server: 'hotspot1', macAddress: undefined, ipAddress: '10.5.50.10' },
    ...{ routerSessionId: undefined, callerId: undefined, binding: undefined },
    ...{ uptimeSeconds, login, counters: shown },
  }))
  const boot = { earliestMs: BEGINNING.getTime() - 1e9, latestMs: BEGINNING.getTime() - 1e9 }
  return { service, at: { wall: clock.now(), steadyMs }, boot, sessions, bindings: [] }
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
