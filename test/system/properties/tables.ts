import { expect } from 'vitest'
import { addBytes, type Bytes, NO_BYTES, NO_SUM } from '../../../src/accounting/bytes.ts'
import type { LedgerEvent } from '../../../src/accounting/entry.ts'
import type { SessionId } from '../../../src/accounting/ids.ts'
import { type Ledger, NEW_LEDGER, ofEarlierProcess } from '../../../src/accounting/ledger.ts'
import { adoptPending } from '../../../src/accounting/waiting/adopt-pending.ts'
import type { Pending } from '../../../src/accounting/waiting/pending.ts'
import { Rollup } from '../../../src/live/rollup.ts'
import type { CommitOutcome, StoredRouter } from '../../../src/recording/ports.ts'
import { decideOutcome } from '../../../src/store/commit/decide-outcome.ts'
import { type SimulatedService, simulated } from '../../harness/services.ts'
import { type AnyBytes, type Sums, sumsOf } from './sums.ts'

/** A row of `user_sessions`. */
export interface SessionRow extends AnyBytes {
  readonly id: string
  readonly service: SimulatedService
  readonly username: string
}

/** A row of `session_deltas`. */
export interface DeltaRow extends AnyBytes {
  readonly id: string
  readonly bucketStartMs: number
}

/** A row of `tenant_usage_daily`, or, with the username, of `usage_daily`. */
export interface TenantDayRow extends AnyBytes {
  readonly day: string
  readonly service: SimulatedService
}
export interface DayRow extends TenantDayRow {
  readonly username: string
}

/** The four tables' rows of one router. */
export interface FourTables {
  readonly sessions: readonly SessionRow[]
  readonly deltas: readonly DeltaRow[]
  readonly daily: readonly DayRow[]
  readonly tenantDaily: readonly TenantDayRow[]
}

const US = 'us'

/** A simple database of one router, to which one daemon commits. */
export class Tables {
  readonly events: LedgerEvent[] = []
  readonly #sessions = new Map<SessionId, SessionRow>()
  readonly #deltas = new Map<string, DeltaRow & Bytes>()
  readonly #daily = new Map<string, DayRow & Bytes>()
  readonly #tenantDaily = new Map<string, TenantDayRow & Bytes>()
  readonly #ledgers: Record<SimulatedService, Ledger> = { hotspot: NEW_LEDGER, ppp: NEW_LEDGER }
  #position = 0
  #committedEpoch = 0

  get stored(): StoredRouter {
    const { hotspot, ppp } = this.#ledgers
    return {
      ...{ position: this.#position, committedEpoch: this.#committedEpoch },
      ledgers: new Map([
        ['hotspot', ofEarlierProcess(hotspot)],
        ['ppp', ofEarlierProcess(ppp)],
      ]),
    }
  }

  get rollup(): Rollup {
    const of = (key: (row: TenantDayRow) => string): Sums =>
      sumsOf(this.#tenantDaily.values(), key, row => row)
    return new Rollup(
      of(() => '').get('') ?? NO_SUM,
      of(row => row.day),
    )
  }

  get rows(): FourTables {
    return {
      ...{ sessions: [...this.#sessions.values()], deltas: [...this.#deltas.values()] },
      ...{ daily: [...this.#daily.values()], tenantDaily: [...this.#tenantDaily.values()] },
    }
  }

  /** @param epoch the epoch of the committing daemon's lease */
  commit(epoch: number, pending: Pending): CommitOutcome {
    const standing = { owner: US, epoch, position: this.#position }
    const outcome = decideOutcome(standing, US, { epoch, pending })
    if (outcome.kind === 'committed') this.#write(epoch, pending)
    return outcome
  }

  #write(epoch: number, pending: Pending): void {
    this.#position = pending.position
    this.#committedEpoch = epoch
    for (const service of ['hotspot', 'ppp'] as const)
      this.#ledgers[service] = adoptPending(this.#ledgers[service], service, pending)
    for (const { session, isNew, shares } of pending.sessions.values()) {
      const { id, username, recorded } = session
      const service = simulated(session.service)
      if (this.#sessions.has(id) === isNew) expect.fail(`${id} is ${isNew ? 'new again' : 'not there yet'}`)
      this.#sessions.set(id, { id, service, username, ...recorded })
      for (const { bucketStartMs, day, ...bytes } of shares.values()) {
        add(this.#deltas, `${id} ${bucketStartMs}`, bytes, sum => ({ id, bucketStartMs, ...sum }))
        add(this.#daily, `${day} ${service} ${username}`, bytes, sum => ({ day, service, username, ...sum }))
        add(this.#tenantDaily, `${day} ${service}`, bytes, sum => ({ day, service, ...sum }))
      }
    }
    this.events.push(...pending.events)
  }
}

function add<Row extends Bytes>(
  rows: Map<string, Row>,
  key: string,
  bytes: Bytes,
  rowOf: (sum: Bytes) => Row,
): void {
  rows.set(key, rowOf(addBytes(rows.get(key) ?? NO_BYTES, bytes)))
}
