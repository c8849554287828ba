import { isNothing, NO_BYTES } from '../bytes.ts'
import type { Mark } from '../counting/mark.ts'
import type { SessionId } from '../ids.ts'
import { hasFallen, type LookedAt } from '../matching/match.ts'
import type { Paired } from '../matching/pair.ts'
import {
  guessedInterface,
  type Service,
  type SessionReading,
  type UnreadRow,
  type Window,
} from '../reading.ts'
import { NOTHING_REPORTED } from '../reported.ts'
import type { Session } from '../session.ts'

interface Begun {
  readonly id: SessionId
  readonly service: Service
  readonly startMs: number
  /** Steady milliseconds of the reading. */
  readonly atMs: number
}

/** The session that begins with a row. */
export function begun(
  row: SessionReading,
  { id, service, startMs, atMs, mark }: Begun & { mark: Mark },
): Session {
  // Field by field: put together from parts, it would take three times the room, and more than all else of a start.
  return {
    id,
    service,
    protocol: row.protocol,
    username: row.username,
    domain: row.domain,
    server: row.server,
    macAddress: row.macAddress,
    ipAddress: row.ipAddress,
    routerSessionId: row.routerSessionId,
    callerId: row.callerId,
    binding: row.binding,
    startMs,
    login: row.login,
    mark,
    recorded: NO_BYTES,
    lastMovedMs: atMs,
    reported: NOTHING_REPORTED,
    missed: undefined,
    guessed: row.joined?.isGuess ? guessedInterface(row.joined) : undefined,
    among: row.joined?.isInterchangeable ? row.joined.interface : undefined,
  }
}

/**
 * The session of a row whose uptime can not be read. Its counters are a baseline once they can be read.
 * @param login every time that the login may have been
 */
export function unreadSession(
  { unreadable: _, ...row }: UnreadRow,
  { login, ...its }: Begun & { login: Window },
): Session {
  const mark = { kind: 'owed', from: 'baseline', sinceMs: undefined, shown: undefined } as const
  const unread = {
    ...row,
    uptimeSeconds: 0,
    login,
    counters: undefined,
    binding: undefined,
    joined: undefined,
  }
  return begun({ ...unread, unreadable: undefined }, { ...its, mark })
}

/**
 * The first mark of a session that begins with a row (docs/accounting.md rules 8 and 9). A new login whose counters
 * continue those of a session that this reading lacks may be that session with a false uptime. Nothing is counted for
 * it until the next reading decides (rule 20). On a static binding each session continues the counters of the previous
 * one (rule 10).
 */
export function firstMark({ row, isNew, key }: LookedAt, { lastMs, waiting }: Paired): Mark {
  if (!isNew) return { kind: 'owed', from: 'baseline', sinceMs: undefined, shown: undefined }
  const mayBeOld =
    row.binding === undefined &&
    !isNothing(row.counters ?? NO_BYTES) &&
    (waiting.get(key) ?? []).some(
      it => !it.missed && it.mark.kind === 'counted' && row.counters && !hasFallen(it, row),
    )
  return { kind: 'owed', from: 'login', sinceMs: lastMs, shown: mayBeOld ? row.counters : undefined }
}
