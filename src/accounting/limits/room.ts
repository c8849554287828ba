import type { Pairing } from '../matching/pair.ts'

/** How many sessions a reading may open, and how many bindings it may add. Known ones always continue. */
export interface Room {
  /** The most sessions of the reading's service, including those that continue. */
  readonly mostSessions: number
  /** The most sessions that may be new. */
  readonly mostNew: number
  /** The most static bindings whose counters are kept, including known ones. */
  readonly mostBindings: number
  /** Whether the event for rows left out was recorded within the last hour. */
  readonly isReported: boolean
}

/** No limit. */
export const ANY_ROOM: Room = {
  mostSessions: Number.POSITIVE_INFINITY,
  mostNew: Number.POSITIVE_INFINITY,
  mostBindings: Number.POSITIVE_INFINITY,
  isReported: false,
}

/** What is left of a reading's room, row by row. */
export class RoomLeft {
  readonly #room: Room
  readonly #pairing: Pairing
  /** Counted at the first row that opens a session, because most readings have none. */
  #rest: number | undefined
  #leftOut: number
  #bindingsLeftOut = 0

  /** @param leftOut number of rows that the reading itself left out */
  constructor(room: Room, pairing: Pairing, leftOut: number) {
    this.#room = room
    this.#pairing = pairing
    this.#leftOut = leftOut
  }

  /** Detail of the event for what is left out; `undefined` if there is nothing, or an earlier reading reported it. */
  get unreported(): Readonly<Record<string, number>> | undefined {
    const [sessions, bindings] = [this.#leftOut, this.#bindingsLeftOut]
    if (this.#room.isReported || sessions + bindings === 0) return undefined
    return { sessions, ...(bindings > 0 ? { bindings } : {}) }
  }

  /**
   * Number of rows for which no session was opened (docs/accounting.md rule 31). A later reading may open them, from a
   * baseline (rule 9).
   */
  get leftOut(): number {
    return this.#leftOut
  }

  /** Whether one more session may be opened. If not, its row is left out. */
  take(): boolean {
    this.#rest ??= Math.min(this.#room.mostNew, this.#room.mostSessions - continuing(this.#pairing))
    if (this.#rest-- > 0) return true
    this.#leftOut++
    return false
  }

  /** Whether one more binding may be kept. If not, sessions on it count from a baseline (rule 10). @param known those kept */
  takeBinding(known: number): boolean {
    if (known < this.#room.mostBindings) return true
    this.#bindingsLeftOut++
    return false
  }
}

/** Number of sessions that continue. */
function continuing({ matched, isSeen, unread }: Pairing): number {
  let count = matched.size
  for (const seen of isSeen) count += seen
  for (const { session } of unread) if (session) count++
  return count
}
