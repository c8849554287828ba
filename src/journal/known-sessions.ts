import type { SessionId } from '../accounting/ids.ts'
import type { Session } from '../accounting/session.ts'

interface Known {
  readonly number: number
  session: Session
}

/** A router's sessions as a segment last had them, by the number it gave each. */
export class WrittenSessions {
  readonly #known = new Map<SessionId, Known>()
  #next = 0

  last(id: SessionId): Session | undefined {
    return this.#known.get(id)?.session
  }

  /** @returns the session's number, a new one where it has none */
  put(session: Session): number {
    const known = this.#known.get(session.id)
    if (known) {
      known.session = session
      return known.number
    }
    const number = this.#next++
    this.#known.set(session.id, { number, session })
    return number
  }

  /** A session that ended is not heard of again. */
  end(session: Session): void {
    this.#known.delete(session.id)
  }
}

/** The reader's side: by number. */
export type ReadSessions = Map<number, Session>
