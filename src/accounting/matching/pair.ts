import type { Ledger, Terms } from '../ledger.ts'
import {
  type Identity,
  type Reading,
  rowsOf,
  type ServiceRules,
  type SessionReading,
  type UnreadRow,
} from '../reading.ts'
import type { Session } from '../session.ts'
import type { Steps } from '../steps.ts'
import { gapMs, LOGIN_TOLERANCE_MS, toleranceMs, withinReason } from '../window.ts'
import { type Continuation, continueSessions } from './continue-sessions.ts'
import {
  type KeyedRow,
  matchDevices,
  matchRows,
  matchUnread,
  takeOut,
  type UniqueRow,
  uniqueRows,
} from './match.ts'

/** The rows of a reading with their sessions. */
export interface Pairing extends Continuation {
  readonly rows: readonly UniqueRow[]
  /** The sessions that continue, by their rows. Sessions that remain in `waiting` have no row. */
  readonly matched: ReadonlyMap<UniqueRow, Session>
  /** Rows without a readable uptime, with their sessions; `undefined` if no open session matches. */
  readonly unread: readonly {
    readonly row: UnreadRow
    readonly session: Session | undefined
  }[]
  /** Whether an unreadable row may be any of the sessions that no row matches. */
  readonly isUncertain: boolean
}

const NONE: ReadonlySet<number> = new Set()
const NO_MATCHES: Pairing['matched'] = new Map()

/**
 * Finds the session of each row that is not counted in columns, by rule 1 (docs/accounting.md). The main file of
 * `matching/`: a ledger and a reading in; a pairing out.
 */
export function* pair(ledger: Ledger, reading: Reading, terms: Terms): Steps<Pairing> {
  const pairing = yield* pairExcept(ledger, reading, terms, NONE)
  // A row without a waiting session may be a second row of a session that the columns already counted.
  const twins = twinsOf(ledger, reading, pairing)
  return twins.size === 0 ? pairing : yield* pairExcept(ledger, reading, terms, twins)
}

/** @param excepted numbers of rows that are not counted in columns */
function* pairExcept(
  ledger: Ledger,
  reading: Reading,
  terms: Terms,
  excepted: ReadonlySet<number>,
): Steps<Pairing> {
  const { rules } = reading
  const continuation = continueSessions(ledger, reading, terms, excepted)
  const { waiting, lastMs, indices } = continuation
  const elapsedMs = reading.at.steadyMs - (lastMs ?? reading.at.steadyMs)
  // Sessions of a router that replaced another one are not new, whenever they began.
  const isStranger = continuation.kind === 'replaced' && lastMs === undefined
  const keyed: KeyedRow[] = []
  for (const [shown, number] of rowsOf(reading, indices)) {
    const row = withLogin(shown)
    const isNew =
      !isStranger && (lastMs === undefined || row.login.latestMs >= lastMs - toleranceMs(elapsedMs))
    keyed.push({ row, number, isNew, key: rules.identityKey(row) })
    yield
  }
  if (keyed.length === 0 && reading.unread.length === 0) return withoutRows(continuation)
  const rows = uniqueRows(keyed)
  yield
  const byIdentity = matchRows(waiting, rows, elapsedMs)
  yield
  const others = rows.filter(it => !byIdentity.has(it))
  const byDevice = matchDevices(rules, waiting, others, elapsedMs)
  yield
  const { unread, isUncertain } = pairUnread(reading, rows, waiting)
  return { ...continuation, rows, matched: new Map([...byIdentity, ...byDevice]), unread, isUncertain }
}

/** Spelled out, because spreading takes longer than all other work of a small reading. */
function withoutRows(continuation: Continuation): Pairing {
  const { kind, isBackRebooted, lastMs, growth, indices, isSeen, waiting } = continuation
  return {
    kind,
    isBackRebooted,
    lastMs,
    growth,
    indices,
    isSeen,
    waiting,
    rows: [],
    matched: NO_MATCHES,
    unread: [],
    isUncertain: false,
  }
}

function withLogin(row: SessionReading): SessionReading {
  const login = withinReason(row.login)
  return login === row.login ? row : { ...row, login }
}

function pairUnread(
  { rules, unread }: Reading,
  rows: readonly UniqueRow[],
  waiting: Map<string, readonly Session[]>,
): Pick<Pairing, 'unread' | 'isUncertain'> {
  if (unread.length === 0) return { unread: [], isUncertain: false }
  const known = new Set(rows.map(({ key }) => key))
  const moved = matchUnread(rules, waiting, unread)
  const paired: { row: UnreadRow; session: Session | undefined }[] = []
  let isUncertain = false
  for (const row of unread) {
    const key = rules.identityKey(row)
    const candidates = waiting.get(key) ?? []
    const session = candidates.find(it => !it.missed) ?? candidates[0] ?? moved.get(row)
    if (session) {
      takeOut(waiting, rules.identityKey(session), session)
      paired.push({ row, session })
    } else if (!known.has(key)) {
      isUncertain = true
      paired.push({ row, session: undefined })
    }
    // Only the first row of a session is used.
    known.add(key)
  }
  return { unread: paired, isUncertain }
}

/** Whether a row matches its session by identity and login, not only because there was no other session. */
function isPlain(rules: ServiceRules, { row, key }: UniqueRow, session: Session | undefined): boolean {
  return (
    session !== undefined &&
    rules.identityKey(session) === key &&
    gapMs(session.login, row.login) <= LOGIN_TOLERANCE_MS
  )
}

/** Numbers of sessions that the columns counted and that have a second row. */
function twinsOf(
  { columns }: Ledger,
  { rules }: Reading,
  { isSeen, rows, matched, unread }: Pairing,
): ReadonlySet<number> {
  if (rows.length + unread.length === 0) return NONE
  const strangers: { identity: Identity; login: SessionReading['login'] | undefined }[] = [
    ...rows
      .filter(it => !isPlain(rules, it, matched.get(it)))
      .map(({ row }) => ({ identity: row, login: row.login })),
    ...unread.filter(it => !it.session).map(({ row }) => ({ identity: row, login: undefined })),
  ]
  const twins = new Set<number>()
  if (!columns || strangers.length === 0) return twins
  const names = new Set(strangers.map(it => it.identity.username))
  const byKey = new Map(strangers.map(it => [rules.identityKey(it.identity), it]))
  for (let number = 0; number < isSeen.length; number++) {
    const details = isSeen[number] === 1 ? columns.details[number] : undefined
    if (!details || !names.has(details.username)) continue
    const stranger = byKey.get(rules.identityKey(details))
    if (stranger && (!stranger.login || gapMs(stranger.login, details.login) <= LOGIN_TOLERANCE_MS))
      twins.add(number)
  }
  return twins
}
