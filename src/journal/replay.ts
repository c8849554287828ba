import type { Decision } from '../accounting/entry.ts'
import type { Pending } from '../accounting/waiting/pending.ts'
import type { CheckpointRecord, DecisionRecord } from '../recording/journal-port.ts'
import { isAtOrBefore, type Position } from './position.ts'
import { headOf, type JournalRecord } from './record.ts'
import { type Unapplied, UnappliedRecords } from './unapplied.ts'

/**
 * What a record does to its router:
 *
 *     decision     it goes on with it
 *     checkpoint   it goes on with all that waited for the database
 *     nothing      it is as it was: the database has it, or it can't follow what was before
 *     back         it is as the database has it: what was applied has been given up
 *
 * `onto: 'stored'` says that all that was applied so far is dropped first, since the record has it all, or begins anew.
 */
export type Step =
  | { readonly kind: 'decision'; readonly onto: 'current' | 'stored'; readonly decision: Decision }
  | {
      readonly kind: 'checkpoint'
      readonly onto: 'current' | 'stored'
      readonly pending: readonly Pending[]
    }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'back' }

const NOTHING: Step = { kind: 'nothing' }

/**
 * One router's way from where the database has it through the journal's records, in their order.
 *
 * Records of an epoch before the database's last commit continue what somebody else has overtaken; those of it and
 * later ones (a daemon that died and took its lease again) are ours to apply, as long as no position is missing. A
 * gap ends it, until a checkpoint that begins where the database is. Whatever can't be applied is counted.
 */
export class Replay {
  readonly #stored: Position
  #current: Position
  readonly #unapplied = new UnappliedRecords()

  /** @param stored the router's position in the database, and the epoch of the lease under which it was committed */
  constructor(stored: Position) {
    this.#stored = stored
    this.#current = stored
  }

  /** The router's position after what was applied so far. */
  get position(): number {
    return this.#current.position
  }

  /** What could not be applied, once every record was taken: to be recorded as discarded. */
  get unapplied(): Unapplied {
    return this.#unapplied.sum
  }

  take(record: JournalRecord): Step {
    switch (record.kind) {
      case 'decision':
        return this.#takeDecision(record)
      case 'checkpoint':
        return this.#takeCheckpoint(record)
      case 'committed':
        this.#unapplied.settle(record)
        return NOTHING
      case 'forgotten':
        this.#unapplied.settle(record)
        return this.#giveUp(record)
      default:
        return record satisfies never
    }
  }

  #takeDecision({ epoch, position, decision }: DecisionRecord): Step {
    const isOvertaken = epoch < this.#stored.epoch
    if (!isOvertaken && position <= this.#stored.position) return NOTHING
    const onto = isOvertaken ? undefined : this.#ontoFor(epoch, position - 1)
    // Only a later epoch begins anew from the database.
    if (!onto || (onto === 'stored' && epoch === this.#current.epoch)) {
      this.#unapplied.addDecision({ epoch, position }, decision)
      return NOTHING
    }
    this.#current = { epoch, position }
    return { kind: 'decision', onto, decision }
  }

  #takeCheckpoint(record: CheckpointRecord): Step {
    const { epoch, position } = headOf(record)
    const place = { epoch, position }
    // It tells anew whatever those before it told and the database had not got.
    this.#unapplied.settle(place)
    const isOvertaken = epoch < this.#stored.epoch
    const pending = record.pending.filter(it => isOvertaken || it.position > this.#stored.position)
    const [first] = pending
    if (!first || (!isOvertaken && isAtOrBefore(place, this.#current))) return NOTHING
    const onto = isOvertaken ? undefined : this.#ontoFor(epoch, first.basePosition)
    if (!onto) {
      for (const it of pending) this.#unapplied.addPending({ epoch, position: it.position }, it)
      return NOTHING
    }
    this.#current = place
    return { kind: 'checkpoint', onto, pending }
  }

  /** What a record can be applied to that was made where its router stood at `position`; `undefined`: to nothing. */
  #ontoFor(epoch: number, position: number): 'current' | 'stored' | undefined {
    if (epoch < this.#current.epoch) return undefined
    if (position === this.#current.position) return 'current'
    return position === this.#stored.position ? 'stored' : undefined
  }

  #giveUp(place: Position): Step {
    if (this.#current === this.#stored || !isAtOrBefore(this.#current, place)) return NOTHING
    this.#current = this.#stored
    return { kind: 'back' }
  }
}
