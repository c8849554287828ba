import type { Ledger } from './ledger.ts'
import type { Reading, Window } from './reading.ts'
import { identityKey, type Session } from './session.ts'
import { gapMs, isSameInstant, shiftWindow, toleranceMs } from './window.ts'

/** Open sessions by identity. */
export type Open = ReadonlyMap<string, readonly Session[]>

/**
 * How a reading goes on from the last one, by the router's boot that each of them tells (rule 2):
 *
 *     the same boot, within the tolerance          → continued
 *     a later boot, and it is our own clock's doing → shifted: the sessions' steady times are moved along
 *     any other later boot                         → rebooted: every session open before has ended
 *     an earlier boot                              → shifted: no reboot makes an uptime longer, a clock set back does
 *
 * Our steady clock can be out only between two processes. There a later boot in which most sessions go on with the
 * login times they had, seen from the boot, is a clock that was set forward.
 */
export type Resumed =
  | { readonly kind: 'continued' | 'shifted'; readonly open: Open; readonly lastMs: number | undefined }
  | { readonly kind: 'rebooted' }

export function resume(ledger: Ledger, reading: Reading): Resumed {
  const { last, open } = ledger
  if (!last) return { kind: 'continued', open, lastMs: undefined }
  const lastMs = last.at.steadyMs
  const byMs = middle(reading.boot) - middle(last.boot)
  // A boot that can only lie after the last reading is a reboot, however close.
  const isSameBoot =
    reading.boot.earliestMs <= lastMs &&
    gapMs(last.boot, reading.boot) <= toleranceMs(reading.at.steadyMs - last.boot.latestMs)
  if (isSameBoot) return { kind: 'continued', open, lastMs }
  const shifted = shiftAll(open, byMs)
  if (byMs < 0 || (last.isFromAnotherProcess && showsMostOf(shifted, reading)))
    return { kind: 'shifted', open: shifted, lastMs: lastMs + byMs }
  return { kind: 'rebooted' }
}

function middle(window: Window): number {
  return (window.earliestMs + window.latestMs) / 2
}

function showsMostOf(open: Open, reading: Reading): boolean {
  let known = 0
  let same = 0
  for (const row of reading.sessions) {
    const candidates = open.get(identityKey(reading.service, row))
    if (!candidates) continue
    known++
    if (candidates.some(session => isSameInstant(session.login, row.login, 0))) same++
  }
  return same > known / 2
}

function shiftAll(open: Open, byMs: number): Open {
  const shifted = new Map<string, readonly Session[]>()
  for (const [key, sessions] of open)
    shifted.set(
      key,
      sessions.map(session => shiftSession(session, byMs)),
    )
  return shifted
}

function shiftSession(session: Session, byMs: number): Session {
  const { mark } = session
  return {
    ...session,
    login: shiftWindow(session.login, byMs),
    lastMovedMs: session.lastMovedMs + byMs,
    mark:
      mark.kind === 'counted' && mark.sinceMs !== undefined
        ? { ...mark, sinceMs: mark.sinceMs + byMs }
        : mark,
  }
}
