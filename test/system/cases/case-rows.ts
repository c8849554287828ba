import type { MenuRow } from '../../routeros/wire/menu-peer.ts'

export const M = 1_000_000

type Words = Readonly<Record<string, string | number | undefined>>

/** A row of `/ip/hotspot/active`. A word of `words` that is `undefined` is left out of the row. */
export function guest(user: string, uptime: string, words: Words = {}): MenuRow {
  return rowOf({
    ...{ '.id': '*C0A80A08', server: 'hotspot1', user, address: '10.5.50.10' },
    ...{ 'mac-address': '34:12:F9:8A:21:4C', uptime, 'bytes-in': 0, 'bytes-out': 0 },
    ...words,
  })
}

/** The words of another device than that of `guest`, at another address. */
export function device(number: number): Words {
  return {
    '.id': `*C0A80A${10 + number}`,
    address: `10.5.50.${10 + number}`,
    'mac-address': `34:12:F9:8A:21:${10 + number}`,
  }
}

/** A PPP session with its interface, as a router's menus have them. */
export interface Dialled {
  readonly service?: string
  readonly name: string
  readonly caller: string
  readonly sessionId: string
  readonly uptime: string | undefined
  /** What the menu of its server says of it, where that differs. */
  readonly server?: { readonly user?: string; readonly caller?: string; readonly uptime?: string }
  readonly interface?: string
  readonly upload: number | string
  readonly download: number | string
}

/** All menus that PPP is read from, showing the sessions of `dialled`. */
export function pppMenus(dialled: () => readonly Dialled[]) {
  const serverOf = (service: string) => () =>
    dialled()
      .filter(it => (it.service ?? 'pppoe') === service)
      .map(it =>
        rowOf({
          name: interfaceOf(it),
          user: it.server?.user ?? it.name,
          [service === 'pppoe' ? 'remote-address' : 'client-address']: it.server?.caller ?? it.caller,
          uptime: it.server?.uptime ?? it.uptime,
          ...{ dynamic: 'true', running: 'true' },
        }),
      )
  return {
    '/ppp/active': () => dialled().map(activeRow),
    '/interface': () => dialled().map(interfaceRow),
    '/interface/pppoe-server': serverOf('pppoe'),
    '/interface/l2tp-server': serverOf('l2tp'),
  }
}

function activeRow(it: Dialled, index: number): MenuRow {
  return rowOf({
    ...{ '.id': `*8000000${index}`, name: it.name, service: it.service ?? 'pppoe', 'caller-id': it.caller },
    ...{ address: `10.30.246.${10 + index}`, uptime: it.uptime, 'session-id': it.sessionId },
  })
}

function interfaceRow(it: Dialled, index: number): MenuRow {
  return rowOf({
    ...{ '.id': `*F0000${index}`, name: interfaceOf(it), type: `${it.service ?? 'pppoe'}-in` },
    ...{ 'rx-byte': it.upload, 'tx-byte': it.download },
  })
}

function interfaceOf({ service = 'pppoe', name, interface: given }: Dialled): string {
  return given ?? `<${service}-${name}>`
}

function rowOf(words: Words): MenuRow {
  return Object.fromEntries(
    Object.entries(words).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  )
}
