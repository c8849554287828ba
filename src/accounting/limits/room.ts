import type { Paired } from '../matching/pair.ts'

/** How many sessions a reading may open, and bindings it may add. Those that are known go on in any case. */
export interface Room {
  /** Of the reading's service, with those that go on. */
  readonly mostSessions: number
  readonly mostNew: number
  /** Static bindings whose counters are kept, with those that are. */
  readonly mostBindings: number
  /** Whether the event for rows left out was recorded within the last hour. */
  readonly isTold: boolean
}

/** All that a router has. */
export const ANY_ROOM: Room = {
  mostSessions: Number.POSITIVE_INFINITY,
  mostNew: Number.POSITIVE_INFINITY,
  mostBindings: Number.POSITIVE_INFINITY,
  isTold: false,
}

/** What is left of a reading's room, row by row. */
export class RoomLeft {
  readonly #room: Room
  readonly #paired: Paired
  /** Counted with the first row that opens a session: most readings have none. */
  #rest: number | undefined
  #leftOut: number
  #bindingsLeftOut = 0

  /** @param leftOut rows that did not even get into the reading */
  constructor(room: Room, paired: Paired, leftOut: number) {
    this.#room = room
    this.#paired = paired
    this.#leftOut = leftOut
  }

  /** What is to be recorded of all that is left out; absent where an earlier reading recorded it, or there is nothing. */
  get untold(): Readonly<Record<string, number>> | undefined {
    const [sessions, bindings] = [this.#leftOut, this.#bindingsLeftOut]
    if (this.#room.isTold || sessions + bindings === 0) return undefined
    return { sessions, ...(bindings > 0 ? { bindings } : {}) }
  }

  /**
   * Rows for which no session was opened (docs/accounting.md rule 31). A later reading may open them, from a baseline
   * (rule 9).
   */
  get leftOut(): number {
    return this.#leftOut
  }

  /** Whether one more session may be opened; where not, its row is left out. */
  take(): boolean {
    this.#rest ??= Math.min(this.#room.mostNew, this.#room.mostSessions - goingOn(this.#paired))
    if (this.#rest-- > 0) return true
    this.#leftOut++
    return false
  }

  /** Whether one more binding may be kept beside so many; where not, sessions on it count from a baseline (rule 10). */
  takeBinding(known: number): boolean {
    if (known < this.#room.mostBindings) return true
    this.#bindingsLeftOut++
    return false
  }
}

function goingOn({ matched, isSeen, unread }: Paired): number {
  let count = matched.size
  for (const seen of isSeen) count += seen
  for (const { session } of unread) if (session) count++
  return count
}
