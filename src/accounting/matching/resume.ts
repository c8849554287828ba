import { shiftMark } from '../counting/mark.ts'
import { groupBy } from '../group-by.ts'
import type { LastReading } from '../ledger.ts'
import { type Identity, type Reading, rowsOf, type Window } from '../reading.ts'
import type { Session } from '../session.ts'
import { gapMs, isBeforeBoot, LOGIN_TOLERANCE_MS, middleMs, shiftWindow, toleranceMs } from '../window.ts'

/** Open sessions by identity. */
export type Open = ReadonlyMap<string, readonly Session[]>

/**
 * How a reading goes on from the last one, by the router's boot that each of them tells (docs/accounting.md rule 2):
 *
 *     the same boot, within the tolerance          → continued
 *     another boot, but most sessions did not move → continued
 *     an uptime that went back                     → rebooted: every session open before has ended
 *     most sessions moved alike: a clock was out   → shifted: the sessions' steady times are moved along
 *     an earlier boot                              → shifted: no reboot makes an uptime longer, a clock set back does
 *     any other later boot                         → rebooted
 *
 * Our steady clock can be ahead only between two processes, and behind also after a sleep; so can the router's, which
 * then tells of a boot since which we have read it. How far, the sessions that both know tell best, since their
 * login times have followed the drift of the router's clock and the boot's, read once a connection, has not.
 */
export type Resumed =
  | { readonly kind: 'continued' | 'shifted'; readonly open: Open; readonly lastMs: number | undefined }
  | { readonly kind: 'rebooted'; readonly lastMs: number }

export function resume(last: LastReading | undefined, open: Open, reading: Reading): Resumed {
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
    // Where our clock may be out, what came since the boot came since the last reading all the same.
    return {
      kind: 'rebooted',
      lastMs: last.isFromAnotherProcess ? Math.min(lastMs, boot.earliestMs) : lastMs,
    }
  if (agreed && !isAtRest) {
    // On clocks that are right, who logged in before the last reading has not moved.
    const isCertain = agreed.latestMs < lastMs - LOGIN_TOLERANCE_MS
    const isToldByBoot = gapMs(shiftWindow(last.boot, agreed.byMs), boot) <= slackMs
    if (isCertain ? isToldByBoot || agreed.count > 1 : isToldByBoot && !isSameBoot)
      return shifted(open, lastMs, agreed.byMs)
  }
  if (isSameBoot && lastMs <= nowMs) return { kind: 'continued', open, lastMs }
  if (isSameBoot || byBootMs < 0) return shifted(open, lastMs, Math.min(byBootMs, nowMs - lastMs))
  return { kind: 'rebooted', lastMs }
}

/** Whether a reading goes on from the last one without any doubt, as nearly all do, so that `resume` need not be asked. */
export function isContinued(last: LastReading, reading: Reading): boolean {
  return (
    !last.isFromAnotherProcess &&
    last.at.steadyMs <= reading.at.steadyMs &&
    hasSameBoot(last, reading) &&
    !hasYoungerRouter(last, reading)
  )
}

/** A boot that can only lie after the last reading is a reboot, however close. */
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

/** By how much most sessions moved, how many they are, and the earliest of their logins as the reading tells them. */
interface AgreedShift {
  readonly byMs: number
  readonly count: number
  readonly latestMs: number
}

/** What most of the sessions that both know tell of our clock, where they tell it alike. */
function agreedShift(last: LastReading, open: Open, reading: Reading): AgreedShift | undefined {
  const moves: { readonly by: Window; readonly latestMs: number }[] = []
  const sessions = groupBy([...open.values()].flat(), subscriberOf)
  let known = 0
  for (const [row] of rowsOf(reading)) {
    const { login } = row
    const isOld = isBeforeBoot(login, reading.boot)
    const its = sessions.get(subscriberOf(row)) ?? []
    const present = its.filter(({ missed }) => !missed)
    // One that the last reading missed tells nothing where another has taken its place.
    const candidates = (present.length > 0 ? present : its)
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

/** So many sessions of one subscriber are held against each of its rows. */
const MOST_CANDIDATES = 8

/** What stands for as long as a session is open; a hotspot's address may have changed. */
function subscriberOf(it: Identity): string {
  return `${it.server ?? ''}\0${it.username}\0${it.macAddress ?? ''}\0${it.routerSessionId ?? ''}\0${it.callerId ?? ''}`
}

/** All that one telling of a login may have moved by to become another. */
function moveOf(before: Window, now: Window): Window {
  return {
    earliestMs: now.earliestMs - before.latestMs - LOGIN_TOLERANCE_MS / 2,
    latestMs: now.latestMs - before.earliestMs + LOGIN_TOLERANCE_MS / 2,
  }
}

/** Where most windows lie over each other. */
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

function shifted(open: Open, lastMs: number, byMs: number): Resumed {
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
