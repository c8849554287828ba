import { v7 as uuid } from 'uuid'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { decide } from '../../../src/accounting/decide.ts'
import type { Entry } from '../../../src/accounting/entry.ts'
import { type RouterId, routerId, sessionId, type TenantId, tenantId } from '../../../src/accounting/ids.ts'
import { adopt, type Ledger, NEW_LEDGER } from '../../../src/accounting/ledger.ts'
import type { Reading, SessionReading } from '../../../src/accounting/reading.ts'
import { removal } from '../../../src/accounting/removal.ts'
import { type Share, spread } from '../../../src/accounting/spread.ts'
import { PendingBuilder } from '../../../src/accounting/waiting/pending.ts'
import type { RouterCommit } from '../../../src/recording/ports.ts'
import { ofService, PLAIN_READING, PLAIN_ROW } from '../../accounting/readings.ts'
import type { SimulatedService } from '../../harness/services.ts'
import { simulated } from '../../harness/services.ts'

const TERMS = { plausibleBitsPerSecond: 10e9, stalledAfterMs: 900_000 }
const QUARTER_MS = 900_000

/** A router as the daemon has it: readings go in, commits come out. */
export class ReadRouter {
  readonly tenant: TenantId
  readonly router: RouterId
  /** The epoch of the lease that it commits under: 1, unless the test took another. */
  epoch = 1
  limits = { maxSessions: 20_000 }
  readonly ledgers: Record<SimulatedService, Ledger> = { hotspot: NEW_LEDGER, ppp: NEW_LEDGER }
  readonly #calendar = new Calendar('Africa/Nairobi')
  #builder = new PendingBuilder(0)

  constructor(tenant: string, router: string) {
    this.tenant = tenantId(tenant)
    this.router = routerId(router)
  }

  read(reading: Reading): void {
    const service = simulated(reading.service)
    const decision = decide(this.ledgers[service], reading, TERMS, () => sessionId(uuid()))
    this.ledgers[service] = adopt(this.ledgers[service], decision)
    const shares = new Map<Entry, readonly Share[]>()
    for (const entry of decision.entries)
      if (entry.kind !== 'stop')
        shares.set(
          entry,
          entry.counted.flatMap(it => spread(it, QUARTER_MS, this.#calendar)),
        )
    this.#builder.add(decision, shares)
  }

  /** It is removed from the config. */
  remove(service: SimulatedService): void {
    const decision = removal(this.ledgers[service], service, TERMS)
    if (!decision) return
    this.ledgers[service] = adopt(this.ledgers[service], decision)
    this.#builder.add(decision, new Map())
  }

  /** Everything since the last commit. */
  takeCommit(): RouterCommit {
    const pending = this.#builder.build()
    this.#builder = new PendingBuilder(pending.position)
    return { tenant: this.tenant, router: this.router, epoch: this.epoch, limits: this.limits, pending }
  }
}

/** The same commit, with sessions marked as only grown, as the daemon marks most. */
export function grown(commit: RouterCommit): RouterCommit {
  const { inColumns: _, ...pending } = commit.pending
  const sessions = Array.from(pending.sessions, ([id, change]) => {
    const isOnlyGrown = !change.isNew && !change.end && change.shares.size > 0
    return [id, { ...change, isOnlyGrown }] as const
  })
  return { ...commit, pending: { ...pending, sessions: new Map(sessions) } }
}

/** A reading at `atMs`, of a router that booted at the beginning of 2026-11-01. */
export function readingAt(
  atMs: number,
  service: SimulatedService,
  sessions: readonly SessionReading[],
  more: Partial<Reading> = {},
): Reading {
  const bootMs = Date.UTC(2026, 10, 1)
  return {
    ...ofService(service),
    at: { wall: new Date(atMs), steadyMs: atMs },
    boot: { earliestMs: bootMs - 1000, latestMs: bootMs },
    sessions,
    ...PLAIN_READING,
    ...more,
  }
}

/** A session that logged in at `loginMs`, as it looks at `atMs`. */
export function sessionAt(
  atMs: number,
  loginMs: number,
  username: string,
  upload: number,
  download: number,
  more: Partial<SessionReading> = {},
): SessionReading {
  return {
    protocol: 'pppoe',
    username,
    server: undefined,
    macAddress: 'AA:BB:CC:00:00:01',
    ipAddress: '10.0.0.1',
    routerSessionId: '0x81000001',
    callerId: 'AA:BB:CC:00:00:01',
    uptimeSeconds: Math.floor((atMs - loginMs) / 1000),
    login: { earliestMs: loginMs - 1000, latestMs: loginMs },
    counters: { upload, download },
    ...PLAIN_ROW,
    ...more,
  }
}
