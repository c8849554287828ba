import type { SessionId } from '../accounting/ids.ts'
import { type Session, sessionGrownTo } from '../accounting/session.ts'
import { isGrownFrom } from './growth.ts'

export interface Known {
  readonly number: number
  /** As it was last told other than by its growth. */
  session: Session
  /** Its counters as last told; NaN where they are not known. */
  upload: number
  download: number
  lastMovedMs: number
}

/** A router's sessions as a segment last had them, by the number it gave each. */
export class WrittenSessions {
  readonly #known = new Map<SessionId, Known>()
  #next = 0

  last(id: SessionId): Session | undefined {
    const known = this.#known.get(id)
    return known && sessionGrownTo(known.session, known.upload, known.download, known.lastMovedMs)
  }

  /** @returns the session's number, a new one where it has none */
  put(session: Session): number {
    const number = this.#known.get(session.id)?.number ?? this.#next++
    const { mark, lastMovedMs } = session
    const counters = mark.kind === 'counted' ? mark.counters : undefined
    const { upload = Number.NaN, download = Number.NaN } = counters ?? {}
    this.#known.set(session.id, { number, session, upload, download, lastMovedMs })
    return number
  }

  /**
   * What the segment has of a session, where that is what it was before it grew: to be moved along with it.
   * @param session as it was when something else of it changed last
   * @param upload its counters before it grew
   * @returns `undefined` where it has to be told whole
   */
  known(session: Session, upload: number, download: number): Known | undefined {
    const known = this.#known.get(session.id)
    if (known?.upload !== upload || known.download !== download) return undefined
    if (known.session !== session && !isGrownFrom(session, known.session)) return undefined
    known.session = session
    return known
  }

  /** A session that ended is not heard of again. */
  end(session: Session): void {
    this.#known.delete(session.id)
  }
}

/** The reader's side: by number. */
export type ReadSessions = Map<number, Session>
