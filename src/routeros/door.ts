import type { Admission, Caller } from '../accounting/admission.ts'

/** What is asked of a row at the door. */
export interface AtDoor extends Caller {
  /** Whether its uptime can't be read. */
  readonly isUnreadable: boolean
}

/**
 * Lets in the rows of one answer that are worth holding, in their order. As long as there are no more rows than may be
 * new, none is looked at: so it is for nearly all answers.
 */
export class Door<Row> {
  readonly #admission: Admission
  readonly #look: (row: Row) => AtDoor
  /** Those that came in; `undefined` once they have been looked at. */
  #unlooked: Row[] | undefined = []
  /** Rows of sessions that are not known and came in. */
  #strangers = 0
  #unreadableStrangers = 0
  #leftOut = 0

  /** @param look reads of a row what the door asks for */
  constructor(admission: Admission, look: (row: Row) => AtDoor) {
    this.#admission = admission
    this.#look = look
  }

  /** Rows that did not come in. */
  get leftOut(): number {
    return this.#leftOut
  }

  admits(row: Row): boolean {
    if (this.#unlooked) {
      if (this.#unlooked.length < this.#admission.mostNew) {
        this.#unlooked.push(row)
        return true
      }
      for (const before of this.#unlooked) this.#hasRoomFor(before)
      this.#unlooked = undefined
    }
    if (this.#hasRoomFor(row)) return true
    this.#leftOut++
    return false
  }

  /** Takes the room that a row needs. */
  #hasRoomFor(row: Row): boolean {
    const { mostNew } = this.#admission
    const its = this.#look(row)
    if (this.#admission.isKnown(its)) return true
    if (!its.isUnreadable) return ++this.#strangers <= mostNew
    // One that may be any session tells that any session may be there.
    return ++this.#unreadableStrangers <= Math.max(1, mostNew)
  }
}
