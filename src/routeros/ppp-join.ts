import type { SessionReading } from '../accounting/reading.ts'
import { gapMs, LOGIN_TOLERANCE_MS } from '../accounting/window.ts'
import type { ServerRow } from './ppp-servers.ts'

/**
 * Which server row each session is on: its user's, from its caller, up for as long.
 *
 * The menus are printed one after the other, so a session may have gone and another come in between. Of sessions
 * that could be on the same rows, more than there are rows, one has gone and nobody knows which: they wait for the
 * next round. A session on another's row would be billed for its bytes.
 * @param sessions of one `/ppp/active`, those that have no interface yet
 * @param servers rows that are on nobody's interface yet
 * @param askedMs when `/ppp/active` was asked, in steady milliseconds
 */
export function joinPpp(
  sessions: readonly SessionReading[],
  servers: readonly ServerRow[],
  askedMs: number,
): ReadonlyMap<SessionReading, ServerRow> {
  const joined = new Map<SessionReading, ServerRow>()
  const rowsOf = groupBy(servers, row => groupKey(row.service, row.user))
  for (const [key, users] of groupBy(sessions, it => groupKey(it.protocol, it.username))) {
    const rows = rowsOf.get(key)
    if (rows) joinUser(users, rows, askedMs, joined)
  }
  return joined
}

function joinUser(
  sessions: readonly SessionReading[],
  servers: readonly ServerRow[],
  askedMs: number,
  joined: Map<SessionReading, ServerRow>,
): void {
  const taken = new Set<ServerRow>()
  for (const session of sessions) {
    const own = servers.filter(row => row.caller === session.callerId && isOn(session, row, askedMs))
    // Some services write the caller another way in the two menus; then the user's only row of that age will do.
    const others = servers.filter(row => isBefore(row, askedMs) && isOn(session, row, askedMs))
    const rows = own.length > 0 ? own : others.length === 1 ? others : []
    const rivals = sessions.filter(
      it =>
        (own.length === 0 || it.callerId === session.callerId) && rows.some(row => isOn(it, row, askedMs)),
    )
    if (rivals.length > rows.length) continue
    const [nearest] = rows
      .filter(row => !taken.has(row))
      .sort((a, b) => gapOf(session, a) - gapOf(session, b))
    if (!nearest) continue
    taken.add(nearest)
    joined.set(session, nearest)
  }
}

/** Whether the two can be one login. The tolerance is for rows that were there before the sessions were asked for. */
function isOn(session: SessionReading, row: ServerRow, askedMs: number): boolean {
  const gap = gapOf(session, row)
  return gap === 0 || (gap <= LOGIN_TOLERANCE_MS && isBefore(row, askedMs))
}

function isBefore(row: ServerRow, askedMs: number): boolean {
  return row.login !== undefined && row.login.latestMs < askedMs
}

function gapOf(session: SessionReading, row: ServerRow): number {
  return row.login ? gapMs(row.login, session.login) : Number.POSITIVE_INFINITY
}

function groupKey(service: string, user: string): string {
  return `${service}\0${user}`
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}
