import type { CountedMark, Mark } from '../counting/mark.ts'
import { groupBy } from '../group-by.ts'
import type { SessionId } from '../ids.ts'
import type { SessionReading } from '../reading.ts'
import type { Session } from '../session.ts'
import { hasFallen } from './match.ts'
import type { Pairing } from './pair.ts'

const FROM_HERE: Mark = { kind: 'owed', from: 'baseline', sinceMs: undefined, shown: undefined }

interface CountedSession extends Session {
  readonly mark: CountedMark
}

/** A session that continues, with its row. */
interface MatchedRow {
  readonly session: CountedSession
  readonly row: SessionReading
}

/**
 * Corrects sessions of one account that turn out to be on other interfaces than assumed (docs/accounting.md rule 30).
 * Each continues from the value up to which its interface was counted, for whichever session, so that the account's sum
 * is what the interfaces show:
 *
 *     another session was assumed to be on its interface    the two exchange their marks, even if the other has gone
 *     no session was                                        marks are assigned by size, if no counter falls then
 *     neither works                                         counting begins at the counters that are found
 *
 * @returns the sessions with corrected marks
 */
export function exchanged({ matched, waiting }: Pick<Pairing, 'matched' | 'waiting'>): readonly Session[] {
  const found: MatchedRow[] = []
  for (const [{ row }, session] of matched)
    if (isCounted(session) && row.counters && (row.joined?.isInterchangeable || isMoved(session, row)))
      found.push({ session, row })
  const byAccount = groupBy(found, ({ session }) => accountOf(session))
  if (byAccount.size === 0) return []
  const holders = new Map<string, Session>()
  for (const sessions of [matched.values(), ...waiting.values()])
    for (const session of sessions)
      if (session.among !== undefined) holders.set(interfaceKey(session, session.among), session)
  return [...byAccount.values()].flatMap(account => {
    const isKnown = account.every(({ session }) => session.among !== undefined)
    return (isKnown ? undefined : byCounters(account)) ?? byInterface(account, holders)
  })
}

/** @returns `undefined` if a counter falls under any assignment; no session if none falls as they are */
function byCounters(account: readonly MatchedRow[]): readonly Session[] | undefined {
  if (account.length < 2) return undefined
  if (account.every(({ session, row }) => !hasFallen(session, row))) return []
  const marks = account.map(({ session }) => session.mark).sort((a, b) => sumOf(a) - sumOf(b))
  const rows = [...account].sort((a, b) => shownBy(a) - shownBy(b))
  const assigned = rows.flatMap(({ session, row }, index) => {
    const mark = marks[index]
    return mark ? [{ session: { ...session, mark }, row }] : []
  })
  return assigned.some(({ session, row }) => hasFallen(session, row))
    ? undefined
    : assigned.map(it => it.session)
}

function byInterface(
  account: readonly MatchedRow[],
  holders: ReadonlyMap<string, Session>,
): readonly Session[] {
  const moved = account.filter(({ session, row }) => isMoved(session, row) || isStrange(session, row))
  const holderOf = ({ session, row }: MatchedRow) =>
    holders.get(interfaceKey(session, row.joined?.interface ?? ''))
  const movers = new Set<SessionId>(moved.map(({ session }) => session.id))
  const taken = new Set(moved.map(it => holderOf(it)?.id))
  const free = moved.filter(({ session }) => !taken.has(session.id))
  return moved.flatMap(found => {
    const holder = holderOf(found)
    const mark = holder?.mark.kind === 'counted' ? holder.mark : FROM_HERE
    const own: Session = { ...found.session, mark }
    const other = holder && !movers.has(holder.id) ? free.pop()?.session : undefined
    return holder && other ? [own, { ...holder, mark: other.mark, among: other.among }] : [own]
  })
}

function isCounted(session: Session): session is CountedSession {
  return session.mark.kind === 'counted'
}

function isMoved({ among }: Session, { joined }: SessionReading): boolean {
  return among !== undefined && among !== joined?.interface
}

/** Whether its interface was certain before, and now shows the counters of another session. */
function isStrange(session: Session, row: SessionReading): boolean {
  return session.among === undefined && hasFallen(session, row)
}

function sumOf({ counters }: CountedMark): number {
  return counters.upload + counters.download
}

function shownBy({ row: { counters } }: MatchedRow): number {
  return counters ? counters.upload + counters.download : 0
}

function accountOf({ protocol, username }: Session): string {
  return `${protocol}\0${username}`
}

function interfaceKey(session: Session, name: string): string {
  return `${accountOf(session)}\0${name}`
}
