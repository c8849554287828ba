import type { Admission, Caller } from '../../accounting/limits/admission.ts'

/** A row that may be held. */
export interface Candidate extends Caller {
  /** Whether its uptime cannot be read. */
  readonly isUnreadable: boolean
}

/**
 * Decides which rows of one answer are held, in their order. No row is looked at unless there are more rows than new
 * ones are allowed, so nearly every answer costs nothing.
 */
export class RowAdmission {
  readonly #admission: Admission
  readonly #held: () => Iterable<Candidate>
  /** Number of rows held without a look; `undefined` once they have been looked at. */
  #unlooked: number | undefined = 0
  /** Rows of unknown sessions that are held. */
  #newRows = 0
  #unreadableNewRows = 0
  #leftOut = 0

  /** @param held the rows held so far; called at most once */
  constructor(admission: Admission, held: () => Iterable<Candidate>) {
    this.#admission = admission
    this.#held = held
  }

  /** Number of rows beyond the limit. */
  get leftOut(): number {
    return this.#leftOut
  }

  /**
   * Says whether to hold the next row.
   * @param look parses the row, if that is needed
   */
  admits(look: () => Candidate): boolean {
    if (this.#unlooked !== undefined) {
      if (this.#unlooked++ < this.#admission.mostNew) return true
      this.#unlooked = undefined
      for (const before of this.#held()) this.#takeRoom(before)
    }
    if (this.#takeRoom(look())) return true
    this.#leftOut++
    return false
  }

  /** Takes the room that a row needs, and returns whether there was room. */
  #takeRoom(row: Candidate): boolean {
    const { mostNew } = this.#admission
    if (this.#admission.isKnown(row)) return true
    if (!row.isUnreadable) return ++this.#newRows <= mostNew
    // One unreadable row is always held: it may be of any session, so it shows that any session may be there.
    return ++this.#unreadableNewRows <= Math.max(1, mostNew)
  }
}
