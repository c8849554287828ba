import { addSums } from '../accounting/bytes.ts'
import type { RouterKey } from '../accounting/ids.ts'
import type { Journal } from '../journal/journal.ts'
import type { Position } from '../journal/position.ts'
import { Replay } from '../journal/replay.ts'
import { type Unapplied, UnappliedRecords } from '../journal/unapplied.ts'
import type { DiscardedReadings, RouterRef } from '../recording/ports.ts'
import type { Inherited } from '../recording/router-book.ts'

export interface Inheritance {
  readonly records: readonly Inherited[]
  /** What can't be applied: another daemon has read the router meanwhile. */
  readonly unapplied: Unapplied
}

/** What is left of routers from before, in the journal. */
export interface Estate {
  /** The routers of which something is left. */
  readonly routers: readonly RouterKey[]
  /** What a router goes on with from where the database has it; before anything of it is journaled anew. */
  of(router: RouterKey, stored: Position): Promise<Inheritance>
  /** The router goes on with what it was given, from where the database has it. */
  taken(router: RouterKey, stored: Position): void
  /** Nothing more is to be applied of it, nor recorded as discarded. */
  forget(router: RouterKey): void
}

/** The journal, as far as earlier processes' records are concerned. */
export type InheritedJournal = Pick<Journal, 'routers' | 'recordsOf' | 'committed' | 'forget'>

/** What earlier processes of this daemon journaled, read router by router as each is taken up. */
export class JournalInheritance implements Estate {
  readonly #journal: InheritedJournal
  readonly #left: Set<RouterKey>

  /** @param journal loaded */
  constructor(journal: InheritedJournal) {
    this.#journal = journal
    this.#left = new Set(journal.routers)
  }

  get routers(): readonly RouterKey[] {
    return [...this.#left]
  }

  async of(router: RouterKey, stored: Position): Promise<Inheritance> {
    const replay = new Replay(stored)
    let records: Inherited[] = []
    if (!this.#left.has(router)) return { records, unapplied: replay.unapplied }
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
    return { records, unapplied: replay.unapplied }
  }

  taken(router: RouterKey, { epoch, position }: Position): void {
    // A process that was killed may have committed without a word of it in the journal.
    if (this.#left.delete(router)) this.#journal.committed(router, epoch, position)
  }

  /** What is left of a router is done with: recorded as discarded. */
  forget(router: RouterKey): void {
    this.#left.delete(router)
    this.#journal.forget(router)
  }
}

/** All that the database has not got of a router: what could be applied, and what could not. */
export function leftOf({ records, unapplied }: Inheritance): Unapplied {
  const left = new UnappliedRecords()
  const nowhere = { epoch: 0, position: 0 }
  for (const record of records)
    if (record.kind === 'decision') left.addDecision(nowhere, record.decision)
    else for (const pending of record.pending) left.addPending(nowhere, pending)
  const { readings, bytes } = left.sum
  return { readings: readings + unapplied.readings, bytes: addSums(bytes, unapplied.bytes) }
}

/**
 * The event that tells of readings which are not recorded.
 * @param reason `overtaken`: found in the journal at a start, after another daemon has read the router; `lost`: waiting
 *   when another daemon took it; `removed`: found in the journal at a start, and the router has left the config
 * @param at the same for each try, so that the event is there once
 */
export function discardedOf(
  { tenant, router }: RouterRef,
  { readings, bytes }: Unapplied,
  reason: 'overtaken' | 'lost' | 'removed',
  at: Date,
): DiscardedReadings {
  const detail = { reason, readings, upload: Number(bytes.upload), download: Number(bytes.download) }
  return { tenant, router, at, detail }
}
