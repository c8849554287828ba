import { addSums } from './accounting/bytes.ts'
import type { RouterKey } from './accounting/ids.ts'
import type { Journal } from './journal/journal.ts'
import type { JournalRecord } from './journal/record.ts'
import { Replay } from './journal/replay.ts'
import { type Unapplied, UnappliedRecords } from './journal/unapplied.ts'
import type { DiscardedReadings, RouterRef } from './ledger-store.ts'
import type { Inherited } from './router-book.ts'

/** Where a router stands in the database: the lease's epoch of its last commit, and its decisions committed so far. */
export interface Standing {
  readonly epoch: number
  readonly position: number
}

export interface Inheritance {
  readonly records: readonly Inherited[]
  /** What can't be applied: another daemon has read the router meanwhile. */
  readonly unapplied: Unapplied
}

/** What is left of routers from before, in the journal. */
export interface Estate {
  /** The routers of which something is left. */
  readonly routers: readonly RouterKey[]
  of(router: RouterKey, stored: Standing): Inheritance
  taken(router: RouterKey): void
  /** Nothing more is to be applied of it, nor recorded as discarded. */
  forget(router: RouterKey): void
}

/** What earlier processes of this daemon journaled, router by router, until each router is taken up. */
export class JournalInheritance implements Estate {
  readonly #journal: Pick<Journal, 'forget'>
  readonly #records = new Map<RouterKey, JournalRecord[]>()

  constructor(journal: Pick<Journal, 'forget'>) {
    this.#journal = journal
  }

  /** Takes all that the journal holds. */
  async load(records: AsyncIterable<JournalRecord>): Promise<void> {
    for await (const record of records) {
      const its = this.#records.get(record.router)
      if (its) its.push(record)
      else this.#records.set(record.router, [record])
    }
  }

  /** The routers of which something is left. */
  get routers(): readonly RouterKey[] {
    return [...this.#records.keys()]
  }

  /** What a router goes on with from where the database has it. */
  of(router: RouterKey, stored: Standing): Inheritance {
    const replay = new Replay(stored)
    let records: Inherited[] = []
    for (const record of this.#records.get(router) ?? []) {
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

  /** The router goes on with what it was given. */
  taken(router: RouterKey): void {
    this.#records.delete(router)
  }

  /** What is left of a router is done with: recorded as discarded. */
  forget(router: RouterKey): void {
    this.#records.delete(router)
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
