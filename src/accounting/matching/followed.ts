import type { Count } from '../counting/count.ts'
import { guessedInterface, type SessionReading, type Window } from '../reading.ts'
import type { Session } from '../session.ts'
import { gapMs, isBeforeBoot } from '../window.ts'

/** A login is known to within seconds, except for a session whose uptime was never readable. */
const UNKNOWN_LOGIN_MS = 60_000

/** Clocks never drift by this much between two readings. */
const LEAP_MS = 60_000

/** The session with what its row says now: name, address, login, binding and interface. */
export function followed(session: Session, row: SessionReading, count: Count, boot: Window): Session {
  let next = session
  const byMs = gapMs(session.login, row.login)
  const wasUnknown = session.login.latestMs - session.login.earliestMs > UNKNOWN_LOGIN_MS
  const isBogus = byMs > LEAP_MS && isBeforeBoot(row.login, boot)
  // The windows no longer touch: the clocks have drifted.
  if (wasUnknown || (byMs > 0 && !isBogus)) next = { ...next, login: row.login }
  if (wasUnknown) next = { ...next, startMs: count.loginTime(row.uptimeSeconds).getTime() }
  const { username, domain, ipAddress, binding, joined } = row
  if (ipAddress !== session.ipAddress) next = { ...next, ipAddress }
  if (username !== session.username || domain !== session.domain) next = { ...next, username, domain }
  if (binding !== undefined && binding !== session.binding) next = { ...next, binding }
  const guessed = joined?.isGuess ? guessedInterface(joined) : undefined
  const among = joined?.isInterchangeable ? joined.interface : undefined
  if (joined && (guessed !== session.guessed || among !== session.among)) next = { ...next, guessed, among }
  return next
}
