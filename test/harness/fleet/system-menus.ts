import { addBytes, type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import type { RouterUser } from './login.ts'
import { type Menu, menuOf } from './menu.ts'
import { rawText } from './name.ts'
import type { PppInterface } from './ppp-interface.ts'
import type { License } from './router-options.ts'
import { packets } from './session-menus.ts'
import type { Sessions } from './sessions.ts'
import type { Shown } from './sight.ts'
import { formatUptime } from './uptime.ts'

/** The menus of the router itself. */

export function systemResource(is: { version: string; uptimeMs: () => number }): Menu {
  return menuOf({
    *items() {
      yield formatUptime(is.uptimeMs())
    },
    columns: {
      uptime: uptime => uptime,
      version: () => `${is.version} (stable)`,
      'free-memory': () => '183500800',
      'total-memory': () => '268435456',
      cpu: () => 'MIPS 1004Kc V2.15',
      'cpu-count': () => '4',
      'cpu-load': () => '3',
      'architecture-name': () => 'mmips',
      'board-name': () => 'hEX',
      platform: () => 'MikroTik',
    },
  })
}

export function systemIdentity(rawIdentity: string): Menu {
  return menuOf({ items: () => [rawIdentity], columns: { name: name => name } })
}

export function systemRouterboard(serial: string): Menu {
  return menuOf({
    items: () => [serial],
    columns: {
      routerboard: () => 'true',
      model: () => 'RB750Gr3',
      'serial-number': number => number,
      'firmware-type': () => 'mt7621L',
    },
  })
}

export function systemLicense(license: License): Menu {
  return menuOf({
    items: () => [license],
    columns: {
      'system-id': ({ systemId }) => systemId,
      'software-id': ({ softwareId }) => softwareId,
      nlevel: () => '4',
      features: () => '',
    },
  })
}

/** By its own clock, three hours east of Greenwich. */
export function systemClock(is: { version: string; now: () => number }): Menu {
  return menuOf({
    *items() {
      yield new Date(is.now() + 3 * 3_600_000)
    },
    columns: {
      time: at => at.toISOString().slice(11, 19),
      date: at => (is.version === '6.49' ? oldDate(at) : at.toISOString().slice(0, 10)),
      'time-zone-name': () => 'Africa/Nairobi',
      'gmt-offset': () => '+03:00',
    },
  })
}

/** `nov/24/2026` */
function oldDate(at: Date): string {
  const month = at.toLocaleString('en', { month: 'short', timeZone: 'UTC' }).toLowerCase()
  return `${month}/${at.toISOString().slice(8, 10)}/${at.getUTCFullYear()}`
}

/** The router's users, each in a group with the same name. */
export function users(all: readonly RouterUser[]): Menu {
  return menuOf({
    items: () => all,
    columns: { name: user => rawText(user.name), group: user => rawText(user.name), disabled: () => 'false' },
  })
}

export function userGroups(all: readonly RouterUser[]): Menu {
  return menuOf({
    items: () => all,
    columns: { name: user => rawText(user.name), policy: user => [...user.policy, '!local'].join(',') },
  })
}

/** The services of the API, open to every address. */
export function ipServices(): Menu {
  return menuOf({
    items: () => ['api', 'api-ssl'],
    columns: { name: name => name, address: () => '', disabled: () => 'false' },
  })
}

/** A rule that every router has, and a FastTrack rule if wanted. */
export function firewallFilter(hasFasttrack: boolean): Menu {
  const fasttrack = { id: '*1', chain: 'forward', action: 'fasttrack-connection' }
  const accept = { id: '*2', chain: 'forward', action: 'accept' }
  return menuOf({
    items: () => (hasFasttrack ? [fasttrack, accept] : [accept]),
    columns: {
      '.id': rule => rule.id,
      chain: rule => rule.chain,
      action: rule => rule.action,
      'connection-state': () => 'established,related',
      disabled: () => 'false',
      dynamic: () => 'false',
    },
  })
}

/** The local users with their totals, which grow at logout. */
export function hotspotUser(sessions: Sessions): Menu {
  return menuOf<{ id: string; name: string; moved: Bytes }>({
    *items() {
      const totals = new Map<string, Bytes>()
      const add = (name: string, bytes: Bytes) =>
        totals.set(name, addBytes(totals.get(name) ?? NO_BYTES, bytes))
      for (const session of sessions.hotspot()) add(session.rawName, NO_BYTES)
      for (const it of sessions.ended)
        if (it.service === 'hotspot') add(it.rawName, it.movedAt(it.logoutAtMs ?? 0))
      let count = 0
      for (const [name, moved] of totals)
        yield { id: `*${(++count).toString(16).toUpperCase()}`, name, moved }
    },
    columns: {
      '.id': user => user.id,
      name: user => user.name,
      profile: () => 'default',
      'bytes-in': user => `${user.moved.upload}`,
      'bytes-out': user => `${user.moved.download}`,
      dynamic: () => 'false',
      disabled: () => 'false',
    },
  })
}

/** The uplink's counters are above 2^53, as on busy routers. */
const ETHERNET = {
  id: '*1',
  name: 'ether1',
  type: 'ether',
  rx: '18446744073709551000',
  tx: '9007199254740993',
}

interface InterfaceRow {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly rx: string
  readonly tx: string
  readonly isDynamic: boolean
  readonly isRunning: boolean
  readonly ppp: { readonly interface: PppInterface; readonly shown: Shown } | undefined
}

/** The router receives what the client uploads: `rx-byte` is upload. */
export function interfaces(sessions: Sessions, now: () => number): Menu {
  return menuOf<InterfaceRow>({
    parameters: ['stats'],
    *items() {
      yield { ...ETHERNET, isDynamic: false, isRunning: true, ppp: undefined }
      for (const it of sessions.interfaces()) yield pppRow(it, now())
    },
    columns: {
      '.id': row => row.id,
      name: row => row.name,
      type: row => row.type,
      mtu: () => '1480',
      'rx-byte': row => row.rx,
      'tx-byte': row => row.tx,
      'rx-packet': row => row.ppp && packets(row.ppp.shown.counters.upload),
      'tx-packet': row => row.ppp && packets(row.ppp.shown.counters.download),
      running: row => `${row.isRunning}`,
      dynamic: row => `${row.isDynamic}`,
      disabled: () => 'false',
    },
    sight: ({ ppp }, sent) =>
      ppp && sent.has('rx-byte') && sent.has('tx-byte') ? { kind: 'interface', ...ppp } : undefined,
  })
}

function pppRow(it: PppInterface, atMs: number): InterfaceRow {
  const counters = it.meter.readAt(atMs)
  return {
    id: it.id,
    name: it.name,
    type: `${it.protocol}-in`,
    rx: `${counters.upload}`,
    tx: `${counters.download}`,
    isDynamic: it.isDynamic,
    isRunning: it.session !== undefined,
    ppp: { interface: it, shown: { counters, atMs } },
  }
}
