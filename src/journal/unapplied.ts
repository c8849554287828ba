import { addSums, type ByteSum, NO_SUM } from '../accounting/bytes.ts'
import { countedBy, type Decision } from '../accounting/entry.ts'
import type { Pending } from '../accounting/waiting/pending.ts'
import { bytesIn } from '../accounting/waiting/pending-bytes.ts'
import { isAtOrBefore, type Position } from './position.ts'

/** Readings that were journaled and can't be applied, with the bytes that they counted. */
export interface Unapplied {
  readonly readings: number
  readonly bytes: ByteSum
}

/** One router's records that could not be applied, as long as nothing tells that they are done with. */
export class UnappliedRecords {
  #records: (Unapplied & { readonly place: Position })[] = []

  addDecision(place: Position, decision: Decision): void {
    this.#add(place, 1, countedBy(decision))
  }

  addPending(place: Position, pending: Pending): void {
    this.#add(place, pending.position - pending.basePosition, bytesIn(pending))
  }

  /** Those up to a place are in the database, or in what comes now, or have been recorded as discarded. */
  settle(place: Position): void {
    if (this.#records.length === 0) return
    this.#records = this.#records.filter(record => !isAtOrBefore(record.place, place))
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

  #add(place: Position, readings: number, bytes: ByteSum): void {
    this.#records.push({ place, readings, bytes })
  }
}
