import { addToSum, type ByteSum, type Bytes, NO_SUM } from '../accounting/bytes.ts'
import type { Decision } from '../accounting/entry.ts'
import type { Pending } from '../accounting/waiting/pending.ts'
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
    this.#add(place, 1, countedIn(decision))
  }

  addPending(place: Position, pending: Pending): void {
    this.#add(place, pending.position - pending.basePosition, sharesIn(pending))
  }

  /** Those up to a place are in the database, or in what comes now, or have been recorded as discarded. */
  settle(place: Position): void {
    if (this.#records.length === 0) return
    this.#records = this.#records.filter(record => !isAtOrBefore(record.place, place))
  }

  get sum(): Unapplied {
    let readings = 0
    let { upload, download } = NO_SUM
    for (const record of this.#records) {
      readings += record.readings
      upload += record.bytes.upload
      download += record.bytes.download
    }
    return { readings, bytes: { upload, download } }
  }

  #add(place: Position, readings: number, counted: Iterable<Bytes>): void {
    let bytes = NO_SUM
    for (const it of counted) bytes = addToSum(bytes, it)
    this.#records.push({ place, readings, bytes })
  }
}

function* countedIn(decision: Decision): Iterable<Bytes> {
  for (const entry of decision.entries)
    if (entry.kind !== 'stop') for (const { delta } of entry.counted) yield delta
}

function* sharesIn(pending: Pending): Iterable<Bytes> {
  for (const { shares } of pending.sessions.values()) yield* shares.values()
}
