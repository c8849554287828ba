import { addSums, type ByteSum, NO_SUM } from '../accounting/bytes.ts'
import { countedBy, type Decision } from '../accounting/entry.ts'
import type { Pending } from '../accounting/waiting/pending.ts'
import { bytesIn } from '../accounting/waiting/pending-bytes.ts'
import { isAtOrBefore, type Position } from './position.ts'

/** Readings that were journaled but cannot be applied, with the bytes that they counted. */
export interface Unapplied {
  readonly readings: number
  readonly bytes: ByteSum
}

/** Records of one router that could not be applied, until a later record settles them. */
export class UnappliedRecords {
  #records: (Unapplied & { readonly at: Position })[] = []

  addDecision(at: Position, decision: Decision): void {
    this.#add(at, 1, countedBy(decision))
  }

  addPending(at: Position, pending: Pending): void {
    this.#add(at, pending.position - pending.basePosition, bytesIn(pending))
  }

  /**
   * Removes the records up to a position: they are in the database, in the checkpoint that comes now, or recorded as
   * discarded.
   */
  settle(upTo: Position): void {
    if (this.#records.length === 0) return
    this.#records = this.#records.filter(record => !isAtOrBefore(record.at, upTo))
  }

  get sum(): Unapplied {
    let readings = 0
    let bytes = NO_SUM
    for (const record of this.#records) {
      readings += record.readings
      bytes = addSums(bytes, record.bytes)
    }
    return { readings, bytes }
  }

  #add(at: Position, readings: number, bytes: ByteSum): void {
    this.#records.push({ at, readings, bytes })
  }
}
