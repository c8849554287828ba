import { groupBy } from '../../accounting/group-by.ts'
import type { SessionReading, UnreadRow } from '../../accounting/reading.ts'
import { gapMs, LOGIN_TOLERANCE_MS, middleMs } from '../../accounting/window.ts'
import { PPP_RULES } from './ppp-rules.ts'
import type { ServerRow } from './ppp-servers.ts'

/** A session and the server row whose interface it is on. */
export interface PppJoin {
  readonly session: SessionReading
  readonly row: ServerRow
  /** Whether the row has the name of another account. */
  readonly isGuess: boolean
  /** Whether the row may have come after the session ended. If the next reading still has the session, it did not. */
  readonly isEarly: boolean
  /** Whether it could as well be on the row of another session of the same account. */
  readonly isInterchangeable: boolean
}

export interface PppJoinOptions {
  /** The sessions of one answer of `/ppp/active` that have no interface yet. */
  readonly sessions: readonly SessionReading[]
  /** Rows whose interface has no session yet. */
  readonly free: readonly ServerRow[]
  /** Rows whose interface has a session that is only a guess. */
  readonly guessed: readonly ServerRow[]
  /** Sessions without an interface whose rows cannot be read. Any of the rows may be theirs. */
  readonly unread: readonly UnreadRow[]
  /** When `/ppp/active` was asked, in steady milliseconds. */
  readonly askedMs: number
  /** Whether a session may be the one on a row that has its caller but another account's name. */
  readonly mayGuess: (session: SessionReading, row: ServerRow) => boolean
}

/**
 * Finds the server row of each session, the most certain way first:
 *
 *     the same user, caller and uptime
 *     the only row and the only session of a caller; with another user's name only as a guess
 *     the user's only row and only session with this uptime
 *     the user's rows, if as many are free as sessions need one: which is whose does not matter to the account
 *
 * The menus are printed one after the other, so one session may end and another begin in between. All ways but the
 * first join only rows that were there before the sessions were asked for, and a row that came later leaves open whose
 * the others are. If more sessions than rows fit each other, one session has ended and it is unknown which, so they
 * wait for the next round. A session on another one's row would be billed for its bytes.
 */
export function joinPpp(options: PppJoinOptions): readonly PppJoin[] {
  const { sessions, free, guessed, unread, askedMs, mayGuess } = options
  const joins: PppJoin[] = []
  const left = new Set(onceEach(sessions))
  const open = new Set(free)
  const join = (session: SessionReading, row: ServerRow, how: Partial<JoinKind> = {}) => {
    joins.push({ session, row, isGuess: false, isEarly: false, isInterchangeable: false, ...how })
    left.delete(session)
    open.delete(row)
  }
  for (const [session, row, how] of exact([...left], [...free, ...guessed], askedMs)) join(session, row, how)
  const ways: readonly (() => Iterable<Pair | PairWithKind>)[] = [
    () => alone([...left], [...open], { bySession: bySessionCaller, byRow: byRowCaller, unread }),
    () => ofAge([...left], [...open]),
    () => ofAccount([...left], [...open], unread),
  ]
  for (const way of ways)
    for (const [session, row, how] of way()) {
      if (!isBefore(row, askedMs)) continue
      if (session.username === row.user) join(session, row, how)
      else if (!row.isStatic && mayGuess(session, row)) join(session, row, { isGuess: true })
    }
  return joins
}

/** Drops rows that repeat a session. The session has one interface, and the first of its rows gets it. */
function onceEach(sessions: readonly SessionReading[]): readonly SessionReading[] {
  const seen = new Map<string, SessionReading>()
  return sessions.filter(session => {
    if (session.routerSessionId === undefined) return true
    const key = `${session.protocol}\0${PPP_RULES.identityKey(session)}`
    const other = seen.get(key)
    if (!other) seen.set(key, session)
    return !other || gapMs(other.login, session.login) > LOGIN_TOLERANCE_MS
  })
}

type JoinKind = Pick<PppJoin, 'isGuess' | 'isEarly' | 'isInterchangeable'>
type Pair = readonly [SessionReading, ServerRow]
type PairWithKind = readonly [...Pair, Partial<JoinKind>]

/** Pairs of the same user, caller and uptime. */
function* exact(
  sessions: readonly SessionReading[],
  rows: readonly ServerRow[],
  askedMs: number,
): Iterable<PairWithKind> {
  const rowsByKey = groupBy(rows, it => `${accountOfRow(it)}\0${it.caller ?? ''}`)
  for (const [key, twins] of groupBy(sessions, it => `${accountOf(it)}\0${it.callerId ?? ''}`)) {
    const candidates = rowsByKey.get(key) ?? []
    if (isTooMany(twins, candidates)) continue
    const taken = new Set<ServerRow>()
    for (const session of twins) {
      const own = candidates.filter(row => isOn(session, row, askedMs))
      const rivals = twins.filter(it => own.some(row => isOn(it, row, askedMs)))
      if (rivals.length > own.length) continue
      const [nearest] = own
        .filter(row => !taken.has(row))
        .sort((a, b) => gapOf(session, a) - gapOf(session, b))
      if (!nearest) continue
      taken.add(nearest)
      const isEarly = !nearest.isStatic && !isBefore(nearest, askedMs)
      yield [session, nearest, { isEarly, isInterchangeable: rivals.length > 1 }]
    }
  }
}

/** Pairs of the only session and the only row of a key. */
function* alone(
  sessions: readonly SessionReading[],
  rows: readonly ServerRow[],
  by: {
    readonly bySession: (session: Caller) => string | undefined
    readonly byRow: (row: ServerRow) => string | undefined
    readonly unread: readonly UnreadRow[]
  },
): Iterable<Pair> {
  const rowsOf = groupBy(rows, by.byRow)
  const unread = new Set(by.unread.map(by.bySession))
  for (const [key, [session, ...others]] of groupBy(sessions, by.bySession)) {
    const [row, ...more] = rowsOf.get(key) ?? []
    if (session && row && others.length === 0 && more.length === 0 && !unread.has(key)) yield [session, row]
  }
}

/** Pairs of a user's only session and only row with an uptime. */
function* ofAge(sessions: readonly SessionReading[], rows: readonly ServerRow[]): Iterable<Pair> {
  const rowsByAccount = groupBy(rows, accountOfRow)
  for (const [account, twins] of groupBy(sessions, accountOf)) {
    const candidates = rowsByAccount.get(account) ?? []
    if (isTooMany(twins, candidates)) continue
    for (const session of twins) {
      const [row, ...others] = candidates.filter(it => isOfAge(session, it))
      if (row && others.length === 0 && twins.every(it => it === session || !isOfAge(it, row)))
        yield [session, row]
    }
  }
}

/** Limit of sessions and of rows of one account that are compared with each other. */
const MOST_TWINS = 64

function isTooMany(sessions: readonly SessionReading[], rows: readonly ServerRow[]): boolean {
  return sessions.length > MOST_TWINS || rows.length > MOST_TWINS
}

/** How far apart two menus may be about one session's uptime, in milliseconds: some routers are 5 s out. */
const MOST_APART_MS = 60_000
/** No session is this old: such an uptime is false, and says nothing about the session's interface. */
const BELIEVABLE_UPTIME_SECONDS = 20 * 365 * 86_400

/**
 * Pairs of the sessions and rows of an account that has equally many of both, by age. Pairs of different ages are left
 * out: the menus may lack the session's own row and the row's own session.
 */
function* ofAccount(
  sessions: readonly SessionReading[],
  rows: readonly ServerRow[],
  unread: readonly UnreadRow[],
): Iterable<PairWithKind> {
  const rowsByAccount = groupBy(rows, accountOfRow)
  const unreadAccounts = new Set(unread.map(accountOf))
  for (const [account, twins] of groupBy(sessions, accountOf)) {
    const candidates = rowsByAccount.get(account) ?? []
    if (candidates.length !== twins.length || unreadAccounts.has(account)) continue
    const byAge = [...candidates].sort((a, b) => beginOf(a) - beginOf(b))
    const sorted = [...twins].sort((a, b) => middleMs(a.login) - middleMs(b.login))
    for (const [index, session] of sorted.entries()) {
      const row = byAge[index]
      if (row && !isOfOtherAge(session, row)) yield [session, row, { isInterchangeable: twins.length > 1 }]
    }
  }
}

function isOfOtherAge(session: SessionReading, row: ServerRow): boolean {
  const isBelieved = row.login !== undefined && session.uptimeSeconds < BELIEVABLE_UPTIME_SECONDS
  return isBelieved && gapOf(session, row) > MOST_APART_MS
}

/** Whether both can be one login. The tolerance is for rows that were there before the sessions were asked for. */
function isOn(session: SessionReading, row: ServerRow, askedMs: number): boolean {
  const gap = gapOf(session, row)
  return gap === 0 || (gap <= LOGIN_TOLERANCE_MS && isBefore(row, askedMs))
}

function isOfAge(session: SessionReading, row: ServerRow): boolean {
  return gapOf(session, row) <= LOGIN_TOLERANCE_MS
}

function isBefore({ login, isSettled }: ServerRow, askedMs: number): boolean {
  return login ? login.latestMs < askedMs : isSettled
}

function gapOf(session: SessionReading, row: ServerRow): number {
  return row.login ? gapMs(row.login, session.login) : Number.POSITIVE_INFINITY
}

function beginOf({ login }: ServerRow): number {
  return login ? middleMs(login) : 0
}

function accountOf({ protocol, username }: Pick<SessionReading, 'protocol' | 'username'>): string {
  return `${protocol}\0${username}`
}

function accountOfRow({ service, user }: ServerRow): string {
  return `${service}\0${user}`
}

type Caller = Pick<SessionReading, 'protocol' | 'callerId'>

function bySessionCaller({ protocol, callerId }: Caller): string | undefined {
  return callerId === undefined ? undefined : `${protocol}\0${callerId}`
}

function byRowCaller({ service, caller }: ServerRow): string | undefined {
  return caller === undefined ? undefined : `${service}\0${caller}`
}
