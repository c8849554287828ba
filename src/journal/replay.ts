import type { Decision } from '../accounting/entry.ts'
import type { Pending } from '../accounting/waiting/pending.ts'
import type { CheckpointRecord, DecisionRecord } from '../recording/journal-port.ts'
import { isAtOrBefore, type Position } from './position.ts'
import { headOf, type JournalRecord } from './record.ts'
import { type Unapplied, UnappliedRecords } from './unapplied.ts'

/**
 * What a record does to its router:
 *
 *     decision     the decision is applied
 *     checkpoint   everything that waited for the database is applied
 *     nothing      nothing changes: the database has the record, or it does not follow the ones before
 *     back         the router is as in the database: what was applied is dropped
 *
 * `onto: 'stored'`: everything that was applied so far is dropped first, because the record includes it, or starts again
 * from the database.
 */
export type ReplayStep =
  | { readonly kind: 'decision'; readonly onto: 'current' | 'stored'; readonly decision: Decision }
  | {
      readonly kind: 'checkpoint'
      readonly onto: 'current' | 'stored'
      readonly pending: readonly Pending[]
    }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'back' }

const NOTHING: ReplayStep = { kind: 'nothing' }

/**
 * Replays the journal's records of one router in their order, from the position that the database has.
 *
 * Records of an epoch before the database's last commit are overtaken: another daemon has gone past them. Records of
 * that epoch and later ones (a daemon that died and got its lease again) are applied, as long as no position is missing.
 * After a gap nothing is applied, until a checkpoint that begins at the database's position. Records that cannot be
 * applied are counted.
 *
 * A database that lacks a commit that the journal knows of, or to which no record can be applied because all are after
 * its position, is an older copy: `isAhead`.
 */
export class Replay {
  readonly #stored: Position
  #current: Position
  readonly #unapplied = new UnappliedRecords()
  #isAhead = false

  /** @param stored the router's position in the database, and the epoch of the lease under which it was committed */
  constructor(stored: Position) {
    this.#stored = stored
    this.#current = stored
  }

  /** The router's position after what was applied so far. */
  get position(): number {
    return this.#current.position
  }

  /** What could not be applied. After the last record, it must be recorded as discarded. */
  get unapplied(): Unapplied {
    return this.#unapplied.sum
  }

  /** Whether the journal has seen a later state of the database than the one it is applied to. */
  get isAhead(): boolean {
    return this.#isAhead
  }

  /** Takes the next record. @returns what to do with the router */
  take(record: JournalRecord): ReplayStep {
    switch (record.kind) {
      case 'decision':
        return this.#takeDecision(record)
      case 'checkpoint':
        return this.#takeCheckpoint(record)
      case 'committed':
        this.#look(record.epoch, record.position)
        this.#unapplied.settle(record)
        return NOTHING
      case 'forgotten':
        this.#unapplied.settle(record)
        return this.#giveUp(record)
      default:
        return record satisfies never
    }
  }

  #takeDecision({ epoch, position, decision }: DecisionRecord): ReplayStep {
    const isOvertaken = epoch < this.#stored.epoch
    if (!isOvertaken && position <= this.#stored.position) return NOTHING
    const onto = isOvertaken ? undefined : this.#ontoFor(epoch, position - 1)
    // Only a later epoch starts again from the database.
    if (!onto || (onto === 'stored' && epoch === this.#current.epoch)) {
      this.#look(epoch, position - 1)
      this.#unapplied.addDecision({ epoch, position }, decision)
      return NOTHING
    }
    this.#current = { epoch, position }
    return { kind: 'decision', onto, decision }
  }

  #takeCheckpoint(record: CheckpointRecord): ReplayStep {
    const { epoch, position } = headOf(record)
    const end = { epoch, position }
    // It repeats everything in the records before it that the database had not got.
    this.#unapplied.settle(end)
    const isOvertaken = epoch < this.#stored.epoch
    const pending = record.pending.filter(it => isOvertaken || it.position > this.#stored.position)
    const [first] = pending
    if (!first || (!isOvertaken && isAtOrBefore(end, this.#current))) return NOTHING
    const onto = isOvertaken ? undefined : this.#ontoFor(epoch, first.basePosition)
    if (!onto) {
      this.#look(epoch, first.basePosition)
      for (const part of pending) this.#unapplied.addPending({ epoch, position: part.position }, part)
      return NOTHING
    }
    this.#current = end
    return { kind: 'checkpoint', onto, pending }
  }

  /** Notes that the database once had a router up to a position. */
  #look(epoch: number, position: number): void {
    const isKnown =
      epoch < this.#stored.epoch || position <= Math.max(this.#stored.position, this.#current.position)
    if (!isKnown) this.#isAhead = true
  }

  /** What a record that follows `position` can be applied to; `undefined`: it cannot be applied. */
  #ontoFor(epoch: number, position: number): 'current' | 'stored' | undefined {
    if (epoch < this.#current.epoch) return undefined
    if (position === this.#current.position) return 'current'
    return position === this.#stored.position ? 'stored' : undefined
  }

  #giveUp(upTo: Position): ReplayStep {
    if (this.#current === this.#stored || !isAtOrBefore(this.#current, upTo)) return NOTHING
    this.#current = this.#stored
    return { kind: 'back' }
  }
}
