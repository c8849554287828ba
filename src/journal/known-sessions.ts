import type { Bytes } from '../accounting/bytes.ts'
import type { SessionId } from '../accounting/ids.ts'
import { type Session, sessionGrownTo } from '../accounting/session.ts'
import { isGrownFrom } from './growth.ts'

interface Known {
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
   * Where the segment has a session as it was before it grew, takes note of its growth.
   * @param session as it was when something else of it changed last
   * @param before its counters before it grew
   * @returns its number; `undefined` where it has to be told whole
   */
  grow(session: Session, before: Bytes, by: Bytes, steadyMs: number): number | undefined {
    const known = this.#known.get(session.id)
    if (known?.upload !== before.upload || known.download !== before.download) return undefined
    if (known.session !== session && !isGrownFrom(session, known.session)) return undefined
    known.session = session
    known.upload += by.upload
    known.download += by.download
    known.lastMovedMs = steadyMs
    return known.number
  }

  /** A session that ended is not heard of again. */
  end(session: Session): void {
    this.#known.delete(session.id)
  }
}

/** The reader's side: by number. */
export type ReadSessions = Map<number, Session>
