import type { Bytes } from '../../../src/accounting/bytes.ts'
import type { Telling } from './lie.ts'
import type { Lies } from './lies.ts'
import type { Menu, Row } from './menu.ts'
import type { SimulatedSession } from './session.ts'
import type { Sight } from './sight.ts'
import { formatUptime } from './uptime.ts'

const SINCE_1970_MS = 56 * 365 * 86_400_000

/** A menu with the router's lies. The sights of its rows are true all the same. */
export function lyingMenu(menu: Menu, lies: Lies): Menu {
  return {
    ...menu,
    *rows() {
      for (const row of menu.rows()) {
        const [sight] = row.sights(new Set(row.keys))
        const session = sight && sessionOf(sight)
        const lie = session && lies.of(session)
        if (session && lie) yield* lyingRows(row, sight, session, lie)
        else yield row
      }
    },
  }
}

/** A menu that leaves out every other row while `isShort`. */
export function shortMenu(menu: Menu, isShort: () => boolean): Menu {
  return {
    ...menu,
    *rows() {
      let index = 0
      for (const row of menu.rows()) if (index++ % 2 === 0 || !isShort()) yield row
    },
  }
}

function sessionOf(sight: Sight): SimulatedSession | undefined {
  return sight.kind === 'interface' ? sight.interface.session : sight.session
}

function lyingRows(row: Row, sight: Sight, session: SimulatedSession, lie: Telling): readonly Row[] {
  const about: Sight = { kind: 'lie', session, lie }
  switch (sight.kind) {
    case 'hotspot':
      return hotspotRows(row, sight.shown.counters, about, lie)
    case 'ppp':
      return activeRows(row, about, lie)
    case 'interface':
      return interfaceRows(row, sight.shown.counters, about, lie)
    case 'server':
      return [serverRow(row, lie)]
    case 'lie':
      return [row]
    default:
      return sight satisfies never
  }
}

function hotspotRows(row: Row, counters: Bytes, about: Sight, lie: Telling): readonly Row[] {
  return (
    whoRows(row, about, lie) ??
    counterRows(row, ['bytes-in', 'bytes-out'], counters, about, lie) ?? [and(row, about)]
  )
}

function activeRows(row: Row, about: Sight, lie: Telling): readonly Row[] {
  const isElsewhere = lie.kind.endsWith('server menu') || lie.kind === 'new interface name'
  return whoRows(row, about, lie) ?? [isElsewhere ? and(row, about) : row]
}

function interfaceRows(row: Row, counters: Bytes, about: Sight, lie: Telling): readonly Row[] {
  return counterRows(row, ['rx-byte', 'tx-byte'], counters, about, lie) ?? [row]
}

/** Lies about who is there; `undefined` for other lies. */
function whoRows(row: Row, about: Sight, lie: Telling): readonly Row[] | undefined {
  switch (lie.kind) {
    case 'row missing':
      return [{ ...only(row, about), isHidden: true }]
    case 'row twice':
      return [and(row, about), silent(row)]
    case 'uptime unreadable':
      return [changed(only(row, about), { uptime: lie.garbled })]
    case 'up since 1970':
      return [changed(and(row, about), { uptime: formatUptime(SINCE_1970_MS) })]
    default:
      return undefined
  }
}

/** Lies about counters; `undefined` for other lies. */
function counterRows(
  row: Row,
  [up, down]: readonly [string, string],
  counters: Bytes,
  about: Sight,
  lie: Telling,
): readonly Row[] | undefined {
  const showing = (of: Bytes) => ({ [up]: `${of.upload}`, [down]: `${of.download}` })
  const shown = lie.counters(counters)
  if (shown) return [changed(and(row, about), showing(shown))]
  if (lie.kind === 'counters unreadable') return [changed(only(row, about), { [down]: lie.garbled })]
  if (lie.kind !== 'row twice, once smaller') return undefined
  const { upload, download } = counters
  const half = { upload: Math.floor(upload / 2), download: Math.floor(download / 2) }
  const rows = [and(row, about), changed(silent(row), showing(half))]
  return lie.variant < 0.5 ? rows : rows.reverse()
}

/** Number of readings in which the server menu is wrong. After that it is right, because it is asked again. */
const SERVER_LIES = 8

function serverRow(row: Row, lie: Telling): Row {
  if (lie.timesTold >= SERVER_LIES) return row
  if (lie.kind === 'other name in the server menu') return changed(row, { user: `${row.value('user')}@isp` })
  if (lie.kind !== 'other caller in the server menu') return row
  const callers = ['remote-address', 'client-address'].filter(it => row.keys.includes(it))
  return changed(row, Object.fromEntries(callers.map(it => [it, '02:FF:FF:FF:FF:FF'])))
}

/** The row with an additional sight. */
function and(row: Row, more: Sight): Row {
  return { ...row, sights: sent => [...row.sights(sent), more] }
}

/** The row with another sight instead of its own. */
function only(row: Row, sight: Sight): Row {
  return { ...row, sights: () => [sight] }
}

function silent(row: Row): Row {
  return { ...row, sights: () => [] }
}

function changed(row: Row, values: Readonly<Record<string, string | undefined>>): Row {
  return { ...row, value: key => (key in values ? values[key] : row.value(key)) }
}
