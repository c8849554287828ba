import type { Count } from './count.ts'
import type { SessionReading, Window } from './reading.ts'
import type { Session } from './session.ts'
import { gapMs, isBeforeBoot } from './window.ts'

/** A login is known to a second or two, unless it was never told. */
const UNTOLD_LOGIN_MS = 60_000

/** Clocks do not drift apart by as much from one reading to the next. */
const LEAP_MS = 60_000

/** A session as its row has it: what it is called, where it is, and how long it is up. */
export function followed(session: Session, row: SessionReading, count: Count, boot: Window): Session {
  let next = session
  const byMs = gapMs(session.login, row.login)
  const wasUntold = session.login.latestMs - session.login.earliestMs > UNTOLD_LOGIN_MS
  const isBogus = byMs > LEAP_MS && isBeforeBoot(row.login, boot)
  // The two windows no longer touch: follow the drift.
  if (wasUntold || (byMs > 0 && !isBogus)) next = { ...next, login: row.login }
  if (wasUntold) next = { ...next, startMs: count.loginTime(row.uptimeSeconds).getTime() }
  const { username, domain, ipAddress, binding, joined } = row
  if (ipAddress !== session.ipAddress) next = { ...next, ipAddress }
  if (username !== session.username || domain !== session.domain) next = { ...next, username, domain }
  if (binding !== undefined && binding !== session.binding) next = { ...next, binding }
  const guessed = joined?.isGuess ? joined.interface : undefined
  if (joined && guessed !== session.guessed) next = { ...next, guessed }
  return next
}
