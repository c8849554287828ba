import type { Admission, Caller } from '../../accounting/limits/admission.ts'

/** What is asked of a row at the door. */
export interface AtDoor extends Caller {
  /** Whether its uptime can't be read. */
  readonly isUnreadable: boolean
}

/**
 * Lets in the rows of one answer that are worth holding, in their order. As long as there are no more rows than may be
 * new, none is looked at: so it is for nearly all answers.
 */
export class Door {
  readonly #admission: Admission
  readonly #held: () => Iterable<AtDoor>
  /** Rows that came in; `undefined` once they have been looked at. */
  #unlooked: number | undefined = 0
  /** Rows of sessions that are not known and came in. */
  #strangers = 0
  #unreadableStrangers = 0
  #leftOut = 0

  /** @param held what came in, to be looked at once */
  constructor(admission: Admission, held: () => Iterable<AtDoor>) {
    this.#admission = admission
    this.#held = held
  }

  /** Rows that did not come in. */
  get leftOut(): number {
    return this.#leftOut
  }

  /** @param look at the row, where that is needed */
  admits(look: () => AtDoor): boolean {
    if (this.#unlooked !== undefined) {
      if (this.#unlooked++ < this.#admission.mostNew) return true
      this.#unlooked = undefined
      for (const before of this.#held()) this.#hasRoomFor(before)
    }
    if (this.#hasRoomFor(look())) return true
    this.#leftOut++
    return false
  }

  /** Takes the room that a row needs. */
  #hasRoomFor(its: AtDoor): boolean {
    const { mostNew } = this.#admission
    if (this.#admission.isKnown(its)) return true
    if (!its.isUnreadable) return ++this.#strangers <= mostNew
    // One that may be any session tells that any session may be there.
    return ++this.#unreadableStrangers <= Math.max(1, mostNew)
  }
}
