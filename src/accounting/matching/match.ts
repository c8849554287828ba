import type { Bytes } from '../bytes.ts'
import { DIRECTIONS } from '../counting/mark.ts'
import { groupBy } from '../group-by.ts'
import type { ServiceRules, SessionReading, UnreadRow } from '../reading.ts'
import type { Session } from '../session.ts'
import { gapMs, isSameInstant, LOGIN_TOLERANCE_MS, middleMs } from '../window.ts'

/** A row that is looked at, with its connection's number where it has one. */
export interface LookedAt {
  readonly row: SessionReading
  readonly number: number | undefined
  /** Whether its login lies after the last reading (docs/accounting.md rule 8). */
  readonly isNew: boolean
  readonly key: string
}

/** The row that counts for one session; a reply may have several. */
export interface Taken {
  /** The one with the largest counters. */
  readonly it: LookedAt
  readonly isDuplicate: boolean
}

/** An identity has one session at a time, or two while one ends and another begins. */
const MOST_LOGINS = 8

/** One row for each session: rows of one identity and one login are the same session (rule 21). */
export function onceEach(rows: readonly LookedAt[]): readonly Taken[] {
  const taken: Taken[] = []
  for (const group of groupBy(rows, it => it.key).values()) {
    const [only] = group
    if (only && group.length === 1) {
      taken.push({ it: only, isDuplicate: false })
      continue
    }
    const logins = byLogin(group)
    for (const twins of logins.slice(-MOST_LOGINS))
      taken.push({ it: largest(twins), isDuplicate: twins.length > 1 || logins.length > MOST_LOGINS })
  }
  return taken
}

/** Rows of one identity, those of one login together. */
function byLogin(rows: readonly LookedAt[]): readonly (readonly LookedAt[])[] {
  const sorted = [...rows].sort((a, b) => middleMs(a.row.login) - middleMs(b.row.login))
  const groups: LookedAt[][] = []
  for (const it of sorted) {
    const group = groups.at(-1)
    const [first] = group ?? []
    if (group && first && gapMs(first.row.login, it.row.login) <= LOGIN_TOLERANCE_MS) group.push(it)
    else groups.push([it])
  }
  return groups
}

function largest(twins: readonly LookedAt[]): LookedAt {
  return twins.reduce((a, b) => (sumOf(b.row.counters) > sumOf(a.row.counters) ? b : a))
}

/** Less than any counters where there are none. */
function sumOf(counters: Bytes | undefined): number {
  return counters ? counters.upload + counters.download : -1
}

/**
 * Finds the session of each row and takes it out of those that wait. Rule 1: the same identity, and of those the
 * nearest login within the tolerance; of two that are equally near, the one whose counters did not fall and are
 * nearest. A row whose login lies before the last reading belongs to the session of that identity whatever its time,
 * because an identity has one session at a time and the last reading had this one: a clock stood still, as it does
 * while a machine sleeps.
 * @param waiting open sessions by identity
 * @param elapsedMs since the last reading
 */
export function matchRows(
  waiting: Map<string, readonly Session[]>,
  rows: readonly Taken[],
  elapsedMs: number,
): ReadonlyMap<Taken, Session> {
  const matched = new Map<Taken, Session>()
  const match = (taken: Taken, isPossible: (session: Session) => boolean) => {
    const { key, row } = taken.it
    const session = bestOf(waiting.get(key) ?? [], row, isPossible)
    if (!session) return
    takeOut(waiting, key, session)
    matched.set(taken, session)
  }
  for (const taken of rows)
    match(taken, session => isSameInstant(session.login, taken.it.row.login, elapsedMs))
  for (const taken of rows) {
    const isOnly = waiting.get(taken.it.key)?.length === 1
    if (!taken.it.isNew && !matched.has(taken)) match(taken, session => isOnly || !session.missed)
  }
  return matched
}

function bestOf(
  candidates: readonly Session[],
  row: SessionReading,
  isPossible: (session: Session) => boolean,
): Session | undefined {
  let best: Session | undefined
  for (const session of candidates)
    if (isPossible(session) && (!best || isNearer(session, best, row))) best = session
  return best
}

/** Whether the one is nearer to a row than the other: by login, by whether a counter fell, by the counters. */
function isNearer(session: Session, other: Session, row: SessionReading): boolean {
  const byLogin = distanceMs(session, row) - distanceMs(other, row)
  if (Math.abs(byLogin) > LOGIN_TOLERANCE_MS) return byLogin < 0
  const byFall = Number(hasFallen(session, row)) - Number(hasFallen(other, row))
  if (byFall !== 0) return byFall < 0
  const byCounters = stepTo(session, row) - stepTo(other, row)
  return byCounters !== 0 ? byCounters < 0 : byLogin < 0
}

function distanceMs(session: Session, row: SessionReading): number {
  return Math.abs(middleMs(session.login) - middleMs(row.login))
}

/** Whether a row's counters are below those up to which a session was counted. */
export function hasFallen({ mark }: Session, { counters }: SessionReading): boolean {
  return (
    mark.kind === 'counted' &&
    counters !== undefined &&
    DIRECTIONS.some(it => counters[it] < mark.counters[it])
  )
}

function stepTo({ mark }: Session, { counters }: SessionReading): number {
  return mark.kind === 'counted' && counters ? Math.abs(sumOf(counters) - sumOf(mark.counters)) : 0
}

/** How many sessions of one device are compared with each row. A device has one or two. */
const MOST_OF_A_DEVICE = 8

/**
 * Finds sessions whose address or name changed (rules 22 and 23): the same device on the same server, with the same
 * login. The counters must not have fallen, unless there is only one such session and one such row. A name matches
 * with and without its domain, because `hotspot_domain` may have been changed.
 */
export function matchDevices(
  rules: ServiceRules,
  waiting: Map<string, readonly Session[]>,
  rows: readonly Taken[],
  elapsedMs: number,
): ReadonlyMap<Taken, Session> {
  const matched = new Map<Taken, Session>()
  if (rows.length === 0 || waiting.size === 0) return matched
  const byDevice = new Map<string, readonly Session[]>()
  for (const sessions of waiting.values())
    for (const session of sessions) {
      const key = rules.deviceKey(session)
      if (key === undefined) continue
      const others = byDevice.get(key) ?? []
      if (others.length < MOST_OF_A_DEVICE) byDevice.set(key, [...others, session])
    }
  const candidatesOf = (row: SessionReading) =>
    (byDevice.get(rules.deviceKey(row) ?? '') ?? []).filter(it => isMoved(it, row, elapsedMs))
  const rowsOf = new Map<Session, number>()
  for (const { it } of rows)
    for (const session of candidatesOf(it.row)) rowsOf.set(session, (rowsOf.get(session) ?? 0) + 1)
  for (const taken of rows) {
    const { row } = taken.it
    const candidates = candidatesOf(row)
    const isOnly = candidates.length === 1 && candidates.every(it => rowsOf.get(it) === 1)
    const session = bestOf(candidates, row, it => isOnly || !hasFallen(it, row))
    if (!session) continue
    takeOut(byDevice, rules.deviceKey(session) ?? '', session)
    takeOut(waiting, rules.identityKey(session), session)
    matched.set(taken, session)
  }
  return matched
}

/** Finds the sessions of rows without a readable uptime by their device, where only one can be meant. */
export function matchUnread(
  rules: ServiceRules,
  waiting: ReadonlyMap<string, readonly Session[]>,
  rows: readonly UnreadRow[],
): ReadonlyMap<UnreadRow, Session> {
  const byDevice = new Map<string, UnreadRow | undefined>()
  for (const row of rows) {
    const key = rules.deviceKey(row)
    if (key !== undefined) byDevice.set(key, byDevice.has(key) ? undefined : row)
  }
  const matched = new Map<UnreadRow, Session>()
  const ambiguous = new Set<UnreadRow>()
  for (const session of [...waiting.values()].flat()) {
    const row = byDevice.get(rules.deviceKey(session) ?? '')
    if (!row || !namesOf(row).includes(session.username)) continue
    if (matched.has(row)) ambiguous.add(row)
    matched.set(row, session)
  }
  for (const row of ambiguous) matched.delete(row)
  return matched
}

function isMoved(session: Session, row: SessionReading, elapsedMs: number): boolean {
  return namesOf(row).includes(session.username) && isSameInstant(session.login, row.login, elapsedMs)
}

/** The row's name as it is, and as it would be with its domain and without. */
function namesOf({ username, domain }: Pick<SessionReading, 'username' | 'domain'>): readonly string[] {
  if (domain === undefined) return [username]
  const suffix = `@${domain}`
  const plain = username.endsWith(suffix) ? username.slice(0, -suffix.length) : username
  return [username, plain, plain + suffix]
}

export function takeOut(sessions: Map<string, readonly Session[]>, key: string, session: Session): void {
  const others = (sessions.get(key) ?? []).filter(it => it !== session)
  if (others.length > 0) sessions.set(key, others)
  else sessions.delete(key)
}
