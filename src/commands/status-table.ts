import { printable } from '../runtime/printable.ts'
import { SERVICE_NAMES } from '../services/services.ts'
import type { Status, StatusOfDaemon, StatusOfRouter } from './status-answer.ts'
import { tableOf } from './table.ts'

/** The order of states: worst first. */
const RANKS = { offline: 0, connecting: 1, online: 2, disabled: 3 } as const
const HEAD = [
  ...['ROUTER', 'STATE', 'READ', 'LATENCY'],
  ...SERVICE_NAMES.map(name => name.toUpperCase()),
  ...['UNCOUNTED', 'ERROR'],
]

const DAEMON_HEAD = ['DAEMON', 'STATE', 'SINCE', 'VERSION', 'SHARE', 'ROUTERS', 'SESSIONS']

/** @param columns width of the terminal; longer lines are cut */
export function statusText(status: Status, columns: number | undefined): string {
  const { version, as_of, started_at, database, journal } = status
  const asOfMs = Date.parse(as_of)
  const routers = status.routers.toSorted(byNeed)
  const counts = Object.keys(RANKS).flatMap(state => {
    const count = routers.filter(it => it.state === state).length
    return count === 0 ? [] : [`${count} ${state}`]
  })
  const up = ageText(asOfMs - Date.parse(started_at))
  const troubles = [
    ...(database === 'down' ? ['database DOWN'] : []),
    ...(journal === 'failing' ? ['journal NOT WRITTEN'] : []),
  ]
  const overloaded = routers.filter(it => it.overloaded).length
  const uncounted = routers.reduce((sum, it) => sum + it.uncounted, 0)
  const notes = [
    ...(overloaded === 0 ? [] : [`${overloaded} overloaded`]),
    ...(uncounted === 0 ? [] : [`${uncounted} ${uncounted === 1 ? 'session' : 'sessions'} without counters`]),
  ]
  const head = [
    `tikmeter ${version}`,
    `up ${up}`,
    ...troubles,
    counts.join(', ') || 'no routers',
    ...notes,
  ].join(' · ')
  const readers = new Map(status.daemons.map(it => [it.id, readerOf(it, status.daemons)]))
  const rows = routers.map(router => rowOf(router, asOfMs, readers))
  const daemons =
    status.daemons.length < 2
      ? []
      : ['', ...tableOf([DAEMON_HEAD, ...status.daemons.map(it => daemonRow(it, asOfMs, readers))], columns)]
  return [head, ...daemons, '', ...tableOf([HEAD, ...rows], columns)].join('\n')
}

/** The host of a daemon, with the beginning of its id if there are several on that host. */
function readerOf({ id, host }: StatusOfDaemon, all: readonly StatusOfDaemon[]): string {
  const isOnly = all.filter(it => it.host === host).length === 1
  return printable(isOnly ? host : `${host} ${id.slice(0, 8)}`)
}

function daemonRow(
  { id, version, share, routers, sessions, started_at, seen_at, is_live, is_here }: StatusOfDaemon,
  asOfMs: number,
  readers: ReadonlyMap<string, string>,
): readonly string[] {
  return [
    readers.get(id) ?? id,
    is_here ? 'this one' : is_live ? 'up' : 'GONE',
    ageText(asOfMs - Date.parse(is_live ? started_at : seen_at)) + (is_live ? '' : ' ago'),
    version ?? '',
    String(share),
    String(routers),
    String(sessions),
  ]
}

function rowOf(
  router: StatusOfRouter,
  asOfMs: number,
  readers: ReadonlyMap<string, string>,
): readonly string[] {
  const { tenant, state, is_here, daemon, last_reading_at, latency_ms, uncounted } = router
  const reader = (daemon !== null && readers.get(daemon)) || 'another daemon'
  const age = last_reading_at === null ? 'never' : `${ageText(asOfMs - Date.parse(last_reading_at))} ago`
  return [
    `${tenant}/${router.router}`,
    is_here || state === 'disabled' ? state : `${state}, by ${reader}`,
    state === 'disabled' ? '' : age,
    latency_ms === null ? '' : `${Math.round(latency_ms)} ms`,
    ...SERVICE_NAMES.map(name => countOf(router[name])),
    String(uncounted),
    troublesOf(router).join('; '),
  ]
}

/** Empty if an older daemon does not know the service. */
function countOf(sessions: unknown): string {
  return typeof sessions === 'number' ? String(sessions) : ''
}

/** A router's overload, its last error unless that is the same, and the menus that it lacks. */
function troublesOf({
  error,
  failures,
  missing_menus,
  overloaded_reason: overload,
}: StatusOfRouter): readonly string[] {
  const times = failures > 1 ? ` (${failures} times)` : ''
  const overloaded = `overloaded: ${overload ?? ''}`
  return [
    ...(overload === undefined ? [] : [printable(overloaded) + (overload === error ? times : '')]),
    ...(error === null || error === overload ? [] : [printable(error) + times]),
    ...missing_menus.map(({ menu, reason }) => printable(`no ${menu}: ${reason}`)),
  ]
}

function byNeed(a: StatusOfRouter, b: StatusOfRouter): number {
  return (
    RANKS[a.state] - RANKS[b.state] ||
    Number(b.overloaded ?? false) - Number(a.overloaded ?? false) ||
    b.failures - a.failures ||
    b.uncounted - a.uncounted ||
    (a.last_reading_at ?? '').localeCompare(b.last_reading_at ?? '') ||
    `${a.tenant}/${a.router}`.localeCompare(`${b.tenant}/${b.router}`)
  )
}

/** `4s`, `3m`, `5h`, `12d` */
function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)}m`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)}h`
  return `${Math.round(seconds / 86_400)}d`
}
