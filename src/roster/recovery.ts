import { addSums } from '../accounting/bytes.ts'
import type { RouterKey } from '../accounting/ids.ts'
import type { Journal } from '../journal/journal.ts'
import type { Position } from '../journal/position.ts'
import { Replay } from '../journal/replay.ts'
import { type Unapplied, UnappliedRecords } from '../journal/unapplied.ts'
import type { DiscardedReadings, RouterRef } from '../recording/ports.ts'
import type { RecoveredRecord } from '../recording/router-book.ts'

/** What earlier processes left of one router. */
export interface RecoveredRouter {
  readonly records: readonly RecoveredRecord[]
  /** What cannot be applied, because another daemon has read the router meanwhile. */
  readonly unapplied: Unapplied
  /** Whether the database is an older copy of the one that the journal was written beside, such as a restored backup. */
  readonly isAhead: boolean
}

/** What earlier processes of this daemon left in the journal. */
export interface Recovery {
  /** The routers that something is left of. */
  readonly routers: readonly RouterKey[]
  /**
   * Reads what is left of a router. Called before the router's first decision of this process is journaled.
   * @param committed the router's position in the database
   */
  of(router: RouterKey, committed: Position): Promise<RecoveredRouter>
  /** Notes that the router continues with what it was given, from its position in the database. */
  markRecovered(router: RouterKey, committed: Position): void
  /** Notes that nothing of the router is left to apply or to record as discarded. */
  markDone(router: RouterKey): void
}

/** The part of the journal that recovery uses. */
export type EarlierJournal = Pick<Journal, 'routers' | 'recordsOf' | 'committed' | 'forget'>

/** Recovers from the journal, router by router as each is opened. */
export class JournalRecovery implements Recovery {
  readonly #journal: EarlierJournal
  readonly #left: Set<RouterKey>

  /** @param journal loaded */
  constructor(journal: EarlierJournal) {
    this.#journal = journal
    this.#left = new Set(journal.routers)
  }

  get routers(): readonly RouterKey[] {
    return [...this.#left]
  }

  async of(router: RouterKey, committed: Position): Promise<RecoveredRouter> {
    const replay = new Replay(committed)
    let records: RecoveredRecord[] = []
    if (!this.#left.has(router)) return { records, unapplied: replay.unapplied, isAhead: false }
    for await (const record of this.#journal.recordsOf(router)) {
      const step = replay.take(record)
      switch (step.kind) {
        case 'decision':
          if (step.onto === 'stored') records = []
          records.push({ kind: 'decision', decision: step.decision })
          break
        case 'checkpoint':
          if (step.onto === 'stored') records = []
          records.push({ kind: 'checkpoint', pending: step.pending })
          break
        case 'back':
          records = []
          break
        case 'nothing':
          break
        default:
          step satisfies never
      }
    }
    return { records, unapplied: replay.unapplied, isAhead: replay.isAhead }
  }

  markRecovered(router: RouterKey, { epoch, position }: Position): void {
    // A process that was killed may have committed without a record of that in the journal.
    if (this.#left.delete(router)) this.#journal.committed(router, epoch, position)
  }

  markDone(router: RouterKey): void {
    this.#left.delete(router)
    this.#journal.forget(router)
  }
}

/** Sums up all that is left of a router, as if none of it could be applied. */
export function allUnapplied({
  records,
  unapplied,
}: Pick<RecoveredRouter, 'records' | 'unapplied'>): Unapplied {
  const applicable = new UnappliedRecords()
  const nowhere = { epoch: 0, position: 0 }
  for (const record of records)
    if (record.kind === 'decision') applicable.addDecision(nowhere, record.decision)
    else for (const pending of record.pending) applicable.addPending(nowhere, pending)
  const { readings, bytes } = applicable.sum
  return { readings: readings + unapplied.readings, bytes: addSums(bytes, unapplied.bytes) }
}

/**
 * Makes the event for readings that are not recorded.
 * @param reason `overtaken`: found in the journal at a start, after another daemon has read the router; `lost`: waiting
 *   when another daemon took the router; `restored`: found in the journal at a start, but the database lacks what was before
 *   them; `removed`: found in the journal at a start, of a router that was removed from
 *   the config
 * @param at the same for each try, so that the event is recorded once
 */
export function discardedOf(
  { tenant, router }: RouterRef,
  { readings, bytes }: Unapplied,
  reason: 'overtaken' | 'lost' | 'restored' | 'removed',
  at: Date,
): DiscardedReadings {
  const detail = { reason, readings, upload: Number(bytes.upload), download: Number(bytes.download) }
  return { tenant, router, at, detail }
}
