import { groupBy } from '../../accounting/group-by.ts'
import type { SessionReading, UnreadRow } from '../../accounting/reading.ts'
import { gapMs, LOGIN_TOLERANCE_MS, middleMs } from '../../accounting/window.ts'
import { PPP_RULES } from './ppp-rules.ts'
import type { ServerRow } from './ppp-servers.ts'

/** A session and the server row that it is on. */
export interface PppJoin {
  readonly session: SessionReading
  readonly row: ServerRow
  /** Whether the row is another account's by its name. */
  readonly isGuess: boolean
  /** Whether the row may have come after the session had gone: not if the session is still there the next time. */
  readonly isEarly: boolean
  /** Whether it could as well be on the row of another session of its account. */
  readonly isInterchangeable: boolean
}

export interface PppJoinOptions {
  /** Of one `/ppp/active`, those that have no interface yet. */
  readonly sessions: readonly SessionReading[]
  /** On nobody's interface yet. */
  readonly free: readonly ServerRow[]
  /** On the interface of a session that was only guessed to be there. */
  readonly guessed: readonly ServerRow[]
  /** Sessions without an interface whose rows can not be read: any of the rows may be theirs. */
  readonly unread: readonly UnreadRow[]
  /** When `/ppp/active` was asked, in steady milliseconds. */
  readonly askedMs: number
  /** Whether a session may be taken for the one of another account that comes from its caller. */
  readonly mayGuess: (session: SessionReading, row: ServerRow) => boolean
}

/**
 * Which server row each session is on, by what is plain first:
 *
 *     its user's, from its caller, up for as long
 *     the only one from its caller, as it is the only session; of another user only by a guess
 *     its user's only one that is up for as long, as it is the only such session
 *     its user's, where so many are free as sessions are without: which is whose does not matter to the account
 *
 * The menus are printed one after the other, so a session may have gone and another come in between. All but the first
 * way join only rows that were there before the sessions were asked for, and a row that came later leaves it open whose
 * the others are. Of sessions that could be on the same rows, more
 * than there are rows, one has gone and nobody knows which: they wait for the next round. A session on another's row
 * would be billed for its bytes.
 */
export function joinPpp(options: PppJoinOptions): readonly PppJoin[] {
  const { sessions, free, guessed, unread, askedMs, mayGuess } = options
  const joins: PppJoin[] = []
  const left = new Set(onceEach(sessions))
  const open = new Set(free)
  const join = (session: SessionReading, row: ServerRow, how: Partial<Manner> = {}) => {
    joins.push({ session, row, isGuess: false, isEarly: false, isInterchangeable: false, ...how })
    left.delete(session)
    open.delete(row)
  }
  for (const [session, row, how] of exact([...left], [...free, ...guessed], askedMs)) join(session, row, how)
  const ways: readonly (() => Iterable<Pair | PairOfSeveral>)[] = [
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

/** Rows that can only be of one session are on one interface, and it is the first one's: nobody else has gone. */
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

type Manner = Pick<PppJoin, 'isGuess' | 'isEarly' | 'isInterchangeable'>
type Pair = readonly [SessionReading, ServerRow]
type PairOfSeveral = readonly [...Pair, Partial<Manner>]

function* exact(
  sessions: readonly SessionReading[],
  rows: readonly ServerRow[],
  askedMs: number,
): Iterable<PairOfSeveral> {
  const rowsOf = groupBy(rows, it => `${accountOfRow(it)}\0${it.caller ?? ''}`)
  for (const [key, twins] of groupBy(sessions, it => `${accountOf(it)}\0${it.callerId ?? ''}`)) {
    const its = rowsOf.get(key) ?? []
    if (isTooMany(twins, its)) continue
    const taken = new Set<ServerRow>()
    for (const session of twins) {
      const own = its.filter(row => isOn(session, row, askedMs))
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

/** Those that are the only session and the only row of a key. */
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

/** A user's only session and only row of an age. */
function* ofAge(sessions: readonly SessionReading[], rows: readonly ServerRow[]): Iterable<Pair> {
  const rowsOf = groupBy(rows, accountOfRow)
  for (const [account, twins] of groupBy(sessions, accountOf)) {
    const its = rowsOf.get(account) ?? []
    if (isTooMany(twins, its)) continue
    for (const session of twins) {
      const [row, ...others] = its.filter(it => isOfAge(session, it))
      if (row && others.length === 0 && twins.every(it => it === session || !isOfAge(it, row)))
        yield [session, row]
    }
  }
}

/** So many sessions of one account are looked at one against the other. */
const MOST_TWINS = 64

function isTooMany(sessions: readonly SessionReading[], rows: readonly ServerRow[]): boolean {
  return sessions.length > MOST_TWINS || rows.length > MOST_TWINS
}

/** How far the uptimes of two menus may be apart for one session, in milliseconds: some routers tell them 5 s apart. */
const MOST_APART_MS = 60_000
/** No session is so old: its uptime is false, and says nothing about its interface. */
const BELIEVABLE_UPTIME_SECONDS = 20 * 365 * 86_400

/**
 * As many free rows of an account as sessions of it, the older ones with the older ones. A row of another age is left
 * alone: the menus may lack that session's own row and the other one's session.
 */
function* ofAccount(
  sessions: readonly SessionReading[],
  rows: readonly ServerRow[],
  unread: readonly UnreadRow[],
): Iterable<PairOfSeveral> {
  const rowsOf = groupBy(rows, accountOfRow)
  const unreadAccounts = new Set(unread.map(accountOf))
  for (const [account, twins] of groupBy(sessions, accountOf)) {
    const its = rowsOf.get(account) ?? []
    if (its.length !== twins.length || unreadAccounts.has(account)) continue
    const byAge = [...its].sort((a, b) => beginOf(a) - beginOf(b))
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

/** Whether the two can be one login. The tolerance is for rows that were there before the sessions were asked for. */
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
