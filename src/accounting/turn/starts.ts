import { isNothing, NO_BYTES } from '../bytes.ts'
import type { Mark } from '../counting/mark.ts'
import type { SessionId } from '../ids.ts'
import { hasFallen, type KeyedRow } from '../matching/match.ts'
import type { Pairing } from '../matching/pair.ts'
import {
  guessedInterface,
  type Service,
  type SessionReading,
  type UnreadRow,
  type Window,
} from '../reading.ts'
import { NOTHING_REPORTED } from '../reported.ts'
import type { Session } from '../session.ts'

/** What a row does not say about the session that starts with it. */
interface SessionStart {
  readonly id: SessionId
  readonly service: Service
  readonly startMs: number
  /** Steady milliseconds of the reading. */
  readonly atMs: number
}

/** The session that starts with a row. */
export function newSession(
  row: SessionReading,
  { id, service, startMs, atMs, mark }: SessionStart & { mark: Mark },
): Session {
  // Field by field: an object made of spreads takes three times the memory, and more time than the rest of a start.
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
 * The session that starts with a row whose uptime cannot be read. Its counters are a baseline once they can be read.
 * @param login the span in which the login may have been
 */
export function unreadSession(
  { unreadable: _, ...row }: UnreadRow,
  { login, ...start }: SessionStart & { login: Window },
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
  return newSession({ ...unread, unreadable: undefined }, { ...start, mark })
}

/**
 * The first mark of a session that starts with a row (docs/accounting.md rules 8 and 9). A new login whose counters
 * continue those of a session that this reading lacks may be that session with a false uptime. Nothing is counted for
 * it until the next reading decides (rule 20). On a static binding each session continues the counters of the previous
 * one (rule 10).
 */
export function firstMark({ row, isNew, key }: KeyedRow, { lastMs, waiting }: Pairing): Mark {
  if (!isNew) return { kind: 'owed', from: 'baseline', sinceMs: undefined, shown: undefined }
  const mayBeOld =
    row.binding === undefined &&
    !isNothing(row.counters ?? NO_BYTES) &&
    (waiting.get(key) ?? []).some(
      it => !it.missed && it.mark.kind === 'counted' && row.counters && !hasFallen(it, row),
    )
  return { kind: 'owed', from: 'login', sinceMs: lastMs, shown: mayBeOld ? row.counters : undefined }
}
