import type { SessionId } from '../ids.ts'
import type { Session } from '../session.ts'
import type { PendingSession } from './pending-session.ts'

/*
 * Bytes of memory that waiting data takes, measured with 20,000 sessions. A factor of two does not matter, because the
 * limits that they are compared with have room for more.
 */

/** A session's row without its texts. */
export const ROW_BYTES = 640
/** One session in one bucket. */
export const SHARE_BYTES = 160
/** One session in one bucket, if it only grew and is in columns. */
export const GROWN_BYTES = 24
export const EVENT_BYTES = 384
export const BINDING_BYTES = 256
export const MOVE_BYTES = 64

/** Sessions by id, with the memory that they take together. */
export class WeighedSessions {
  readonly #sessions = new Map<SessionId, PendingSession>()
  #bytes = 0

  get all(): ReadonlyMap<SessionId, PendingSession> {
    return this.#sessions
  }

  get bytes(): number {
    return this.#bytes
  }

  get(id: SessionId): PendingSession | undefined {
    return this.#sessions.get(id)
  }

  set(id: SessionId, change: PendingSession): void {
    const before = this.#sessions.get(id)
    // The texts hardly change.
    this.#bytes += before
      ? (change.shares.size - before.shares.size) * SHARE_BYTES
      : ROW_BYTES + textLength(change.session) + change.shares.size * SHARE_BYTES
    this.#sessions.set(id, change)
  }
}

function textLength(session: Session): number {
  const { username, server, macAddress, ipAddress, routerSessionId, callerId, binding } = session
  return (
    username.length +
    (server?.length ?? 0) +
    (macAddress?.length ?? 0) +
    (ipAddress?.length ?? 0) +
    (routerSessionId?.length ?? 0) +
    (callerId?.length ?? 0) +
    (binding?.length ?? 0)
  )
}
