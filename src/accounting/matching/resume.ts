import { shiftMark } from '../counting/mark.ts'
import { groupBy } from '../group-by.ts'
import type { LastReading } from '../ledger.ts'
import { type Identity, type Reading, rowsOf, type Window } from '../reading.ts'
import type { Session } from '../session.ts'
import { gapMs, isBeforeBoot, LOGIN_TOLERANCE_MS, middleMs, shiftWindow, toleranceMs } from '../window.ts'

/** Open sessions by identity. */
export type OpenSessions = ReadonlyMap<string, readonly Session[]>

/**
 * How a reading continues the last one, by the router's boot in each of them (docs/accounting.md rule 2):
 *
 *     the same boot, within the tolerance          → continued
 *     another boot, but most sessions did not move → continued
 *     an uptime that went back                     → rebooted: every session that was open has ended
 *     most sessions moved alike: a clock was off   → shifted: the sessions' steady times move with it
 *     an earlier boot                              → shifted: a clock was set back; no reboot makes an uptime longer
 *     any other later boot                         → rebooted
 *
 * Our steady clock can be ahead only between two processes; it can also be behind after a sleep. So can the router's
 * clock, which then shows a boot that is later than readings that we have. By how much a clock is off is best known from
 * the sessions in both readings: their login times have followed the drift of the router's clock, but its boot, which
 * is read once for each connection, has not.
 */
export type Resumption =
  | {
      readonly kind: 'continued' | 'shifted'
      readonly open: OpenSessions
      readonly lastMs: number | undefined
    }
  | { readonly kind: 'rebooted'; readonly lastMs: number }

/** Decides how a reading continues the last one. */
export function resume(last: LastReading | undefined, open: OpenSessions, reading: Reading): Resumption {
  if (!last) return { kind: 'continued', open, lastMs: undefined }
  const { boot } = reading
  const lastMs = last.at.steadyMs
  const nowMs = reading.at.steadyMs
  const slackMs = slackOf(last, reading)
  const isSameBoot = hasSameBoot(last, reading)
  const byBootMs = middleMs(boot) - middleMs(last.boot)
  const isOdd = !isSameBoot && (byBootMs < 0 || boot.latestMs < lastMs - LOGIN_TOLERANCE_MS)
  const agreed = last.isFromAnotherProcess || isOdd ? agreedShift(last, open, reading) : undefined
  const isAtRest = agreed !== undefined && Math.abs(agreed.byMs) <= LOGIN_TOLERANCE_MS
  if (isAtRest && lastMs <= nowMs) return { kind: 'continued', open, lastMs }
  if (hasYoungerRouter(last, reading))
    // Our clock may be off, but what came since the boot came since the last reading.
    return {
      kind: 'rebooted',
      lastMs: last.isFromAnotherProcess ? Math.min(lastMs, boot.earliestMs) : lastMs,
    }
  if (agreed && !isAtRest) {
    // If all clocks were right, sessions that logged in before the last reading would not have moved.
    const isCertain = agreed.latestMs < lastMs - LOGIN_TOLERANCE_MS
    const hasBootMoved = gapMs(shiftWindow(last.boot, agreed.byMs), boot) <= slackMs
    if (isCertain ? hasBootMoved || agreed.count > 1 : hasBootMoved && !isSameBoot)
      return shifted(open, lastMs, agreed.byMs)
  }
  if (isSameBoot && lastMs <= nowMs) return { kind: 'continued', open, lastMs }
  if (isSameBoot || byBootMs < 0) return shifted(open, lastMs, Math.min(byBootMs, nowMs - lastMs))
  return { kind: 'rebooted', lastMs }
}

/** Whether a reading plainly continues the last one, as nearly all do. Then `resume` is not needed. */
export function isContinued(last: LastReading, reading: Reading): boolean {
  return (
    !last.isFromAnotherProcess &&
    last.at.steadyMs <= reading.at.steadyMs &&
    hasSameBoot(last, reading) &&
    !hasYoungerRouter(last, reading)
  )
}

/** Whether both readings have one boot. A boot that can only lie after the last reading is a reboot, however close. */
export function hasSameBoot(last: LastReading, reading: Reading): boolean {
  const { boot } = reading
  return boot.earliestMs <= last.at.steadyMs && gapMs(last.boot, boot) <= slackOf(last, reading)
}

/** Whether the router's uptime went back. */
function hasYoungerRouter(last: LastReading, reading: Reading): boolean {
  const { at, boot } = reading
  return last.at.steadyMs - last.boot.latestMs > at.steadyMs - boot.earliestMs + slackOf(last, reading)
}

function slackOf(last: LastReading, { at }: Reading): number {
  return toleranceMs(Math.max(last.at.steadyMs, at.steadyMs) - last.boot.latestMs)
}

/** By how much most sessions moved, how many did, and the earliest of their logins in the reading. */
interface AgreedShift {
  readonly byMs: number
  readonly count: number
  readonly latestMs: number
}

/** The shift that more than half of the sessions in both readings agree on, if any. */
function agreedShift(last: LastReading, open: OpenSessions, reading: Reading): AgreedShift | undefined {
  const moves: { readonly by: Window; readonly latestMs: number }[] = []
  const sessions = groupBy([...open.values()].flat(), subscriberOf)
  let known = 0
  for (const [row] of rowsOf(reading)) {
    const { login } = row
    const isOld = isBeforeBoot(login, reading.boot)
    const ofSubscriber = sessions.get(subscriberOf(row)) ?? []
    const present = ofSubscriber.filter(({ missed }) => !missed)
    // A session that the last reading missed says nothing if another has replaced it.
    const candidates = (present.length > 0 ? present : ofSubscriber)
      .slice(0, MOST_CANDIDATES)
      // An uptime that became impossible, or possible again, says nothing about clocks.
      .filter(session => isBeforeBoot(session.login, last.boot) === isOld)
    if (candidates.length > 0) known++
    for (const session of candidates)
      moves.push({ by: moveOf(session.login, login), latestMs: login.latestMs })
  }
  const { middleMs: byMs, count } = mostShared(moves.map(move => move.by))
  if (count <= known / 2) return undefined
  let firstMs = Number.POSITIVE_INFINITY
  for (const { by, latestMs } of moves)
    if (by.earliestMs <= byMs && byMs <= by.latestMs) firstMs = Math.min(firstMs, latestMs)
  return { byMs, count, latestMs: firstMs }
}

/** The most sessions of one subscriber that are compared with each row. */
const MOST_CANDIDATES = 8

/** The part of an identity that never changes while a session is open. A hotspot's address may change. */
function subscriberOf({ server, username, macAddress, routerSessionId, callerId }: Identity): string {
  return `${server ?? ''}\0${username}\0${macAddress ?? ''}\0${routerSessionId ?? ''}\0${callerId ?? ''}`
}

/** The amounts by which a login may have moved between two readings. */
function moveOf(before: Window, now: Window): Window {
  return {
    earliestMs: now.earliestMs - before.latestMs - LOGIN_TOLERANCE_MS / 2,
    latestMs: now.latestMs - before.earliestMs + LOGIN_TOLERANCE_MS / 2,
  }
}

/** The middle of the span in which most windows overlap, and how many do. */
function mostShared(windows: readonly Window[]): { middleMs: number; count: number } {
  const edges = windows
    .flatMap(({ earliestMs, latestMs }) => [
      { atMs: earliestMs, step: 1 },
      { atMs: latestMs, step: -1 },
    ])
    .sort((a, b) => a.atMs - b.atMs || b.step - a.step)
  let depth = 0
  let most = { middleMs: 0, count: 0 }
  for (const [index, { atMs, step }] of edges.entries()) {
    depth += step
    const next = edges[index + 1]
    if (next && depth > most.count) most = { middleMs: (atMs + next.atMs) / 2, count: depth }
  }
  return most
}

function shifted(open: OpenSessions, lastMs: number, byMs: number): Resumption {
  const moved = new Map<string, readonly Session[]>()
  for (const [key, sessions] of open)
    moved.set(
      key,
      sessions.map(session => shiftSession(session, byMs)),
    )
  return { kind: 'shifted', open: moved, lastMs: lastMs + byMs }
}

function shiftSession(session: Session, byMs: number): Session {
  return {
    ...session,
    login: shiftWindow(session.login, byMs),
    lastMovedMs: session.lastMovedMs + byMs,
    mark: shiftMark(session.mark, byMs),
  }
}
