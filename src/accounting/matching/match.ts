import type { Bytes } from '../bytes.ts'
import { DIRECTIONS } from '../counting/mark.ts'
import { groupBy } from '../group-by.ts'
import type { ServiceRules, SessionReading, UnreadRow } from '../reading.ts'
import type { Session } from '../session.ts'
import { gapMs, isSameInstant, LOGIN_TOLERANCE_MS, middleMs } from '../window.ts'

/** A row with what matching needs of it. */
export interface KeyedRow {
  readonly row: SessionReading
  /** The number that its connection gave it, if any. */
  readonly number: number | undefined
  /** Whether its login lies after the last reading (docs/accounting.md rule 8). */
  readonly isNew: boolean
  /** The key of its identity. */
  readonly key: string
}

/** The row that counts for one session: the one with the largest counters. */
export interface UniqueRow extends KeyedRow {
  /** Whether the reply had several rows of the session. */
  readonly isDuplicate: boolean
}

/** An identity has one session at a time, or two while one ends and another begins. */
const MOST_LOGINS = 8

/** One row for each session: rows of one identity and one login are the same session (rule 21). */
export function uniqueRows(rows: readonly KeyedRow[]): readonly UniqueRow[] {
  const unique: UniqueRow[] = []
  for (const group of groupBy(rows, it => it.key).values()) {
    const [only] = group
    if (only && group.length === 1) {
      unique.push(uniqueRow(only, false))
      continue
    }
    const logins = byLogin(group)
    for (const twins of logins.slice(-MOST_LOGINS))
      unique.push(uniqueRow(largest(twins), twins.length > 1 || logins.length > MOST_LOGINS))
  }
  return unique
}

function uniqueRow({ row, number, isNew, key }: KeyedRow, isDuplicate: boolean): UniqueRow {
  return { row, number, isNew, key, isDuplicate }
}

/** Groups rows of one identity by their login. */
function byLogin(rows: readonly KeyedRow[]): readonly (readonly KeyedRow[])[] {
  const sorted = [...rows].sort((a, b) => middleMs(a.row.login) - middleMs(b.row.login))
  const groups: KeyedRow[][] = []
  for (const keyed of sorted) {
    const group = groups.at(-1)
    const [first] = group ?? []
    if (group && first && gapMs(first.row.login, keyed.row.login) <= LOGIN_TOLERANCE_MS) group.push(keyed)
    else groups.push([keyed])
  }
  return groups
}

function largest(twins: readonly KeyedRow[]): KeyedRow {
  return twins.reduce((a, b) => (sumOf(b.row.counters) > sumOf(a.row.counters) ? b : a))
}

/** The sum of both directions; -1, which is less than any sum, if there are no counters. */
function sumOf(counters: Bytes | undefined): number {
  return counters ? counters.upload + counters.download : -1
}

/**
 * Finds the session of each row, and takes it out of the waiting ones. Rule 1: it has the same identity and the nearest
 * login within the tolerance; of two that are equally near, the one whose counters did not fall and are nearest. A row
 * whose login lies before the last reading belongs to the session of that identity whatever its login, because an
 * identity has one session at a time and the last reading had this one. Its clock stood still, as it does while a
 * machine sleeps.
 * @param waiting open sessions by identity
 * @param elapsedMs since the last reading
 */
export function matchRows(
  waiting: Map<string, readonly Session[]>,
  rows: readonly UniqueRow[],
  elapsedMs: number,
): ReadonlyMap<UniqueRow, Session> {
  const matched = new Map<UniqueRow, Session>()
  const match = (unique: UniqueRow, isPossible: (session: Session) => boolean) => {
    const { key, row } = unique
    const session = bestOf(waiting.get(key) ?? [], row, isPossible)
    if (!session) return
    takeOut(waiting, key, session)
    matched.set(unique, session)
  }
  for (const unique of rows)
    match(unique, session => isSameInstant(session.login, unique.row.login, elapsedMs))
  for (const unique of rows) {
    const isOnly = waiting.get(unique.key)?.length === 1
    if (!unique.isNew && !matched.has(unique)) match(unique, session => isOnly || !session.missed)
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

/** Whether one session is nearer to a row than another: by login, then by whether a counter fell, then by counters. */
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

/** Whether a counter of a row is below the value up to which the session was counted. */
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

/** The most sessions of one device that are compared with each row. A device has one or two. */
const MOST_OF_A_DEVICE = 8

/**
 * Finds sessions whose address or name changed (rules 22 and 23): the same device on the same server, with the same
 * login. The counters must not have fallen, unless there is only one such session and one such row. A name matches
 * with and without its domain, because `hotspot_domain` may have been changed.
 */
export function matchDevices(
  rules: ServiceRules,
  waiting: Map<string, readonly Session[]>,
  rows: readonly UniqueRow[],
  elapsedMs: number,
): ReadonlyMap<UniqueRow, Session> {
  const matched = new Map<UniqueRow, Session>()
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
  for (const { row } of rows)
    for (const session of candidatesOf(row)) rowsOf.set(session, (rowsOf.get(session) ?? 0) + 1)
  for (const unique of rows) {
    const { row } = unique
    const candidates = candidatesOf(row)
    const isOnly = candidates.length === 1 && candidates.every(it => rowsOf.get(it) === 1)
    const session = bestOf(candidates, row, it => isOnly || !hasFallen(it, row))
    if (!session) continue
    takeOut(byDevice, rules.deviceKey(session) ?? '', session)
    takeOut(waiting, rules.identityKey(session), session)
    matched.set(unique, session)
  }
  return matched
}

/** Finds the sessions of rows without a readable uptime by their device, if only one session is possible. */
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

/** The row's name as it is, with its domain, and without it. */
function namesOf({ username, domain }: Pick<SessionReading, 'username' | 'domain'>): readonly string[] {
  if (domain === undefined) return [username]
  const suffix = `@${domain}`
  const plain = username.endsWith(suffix) ? username.slice(0, -suffix.length) : username
  return [username, plain, plain + suffix]
}

/** Removes a session from the sessions under a key. */
export function takeOut(sessions: Map<string, readonly Session[]>, key: string, session: Session): void {
  const others = (sessions.get(key) ?? []).filter(it => it !== session)
  if (others.length > 0) sessions.set(key, others)
  else sessions.delete(key)
}
