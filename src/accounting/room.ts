import type { Paired } from './pair.ts'

/** How many sessions a reading may open. Those that are open go on in any case. */
export interface Room {
  /** Of the reading's service, with those that go on. */
  readonly mostSessions: number
  readonly mostNew: number
  /** Whether the event for rows left out was recorded within the last hour. */
  readonly isTold: boolean
}

/** All that a router has. */
export const ANY_ROOM: Room = {
  mostSessions: Number.POSITIVE_INFINITY,
  mostNew: Number.POSITIVE_INFINITY,
  isTold: false,
}

/** What is left of a reading's room, row by row. */
export class RoomLeft {
  readonly #room: Room
  readonly #paired: Paired
  /** Counted with the first row that opens a session: most readings have none. */
  #rest: number | undefined
  #leftOut = 0

  constructor(room: Room, paired: Paired) {
    this.#room = room
    this.#paired = paired
  }

  /** Whether an earlier reading recorded the event. */
  get isTold(): boolean {
    return this.#room.isTold
  }

  /** Rows that no session was opened for. They may be opened by a later reading, from a baseline (rule 9). */
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
}

function goingOn({ matched, isSeen, unread }: Paired): number {
  let count = matched.size
  for (const seen of isSeen) count += seen
  for (const { session } of unread) if (session) count++
  return count
}
