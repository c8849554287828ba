import { Callers } from '../../../src/services/ppp/callers.ts'
import { PppMenu } from '../../../src/services/ppp/ppp-menu.ts'
import { allRows } from '../../routeros/menus/all-rows.ts'
import { type MenuPeer, type MenuRow, menuConversation } from '../../routeros/wire/menu-peer.ts'
import type { HandClock } from '../../runtime/hand-clock.ts'

export interface LabSession {
  readonly user: string
  readonly service: string
  readonly caller: string
  /** The caller as the server menu writes it. */
  readonly serverCaller: string
  readonly sessionId: string | undefined
  /** The `.id` in `/ppp/active`. */
  readonly id: string
  readonly loginMs: number
  readonly on: LabInterface
}

export interface LabInterface {
  readonly id: string
  readonly name: string
  readonly service: string
  /** The user of the server row; also of an idle static binding. */
  readonly user: string
  readonly isStatic: boolean
  rx: string
  tx: string
}

export const MAC = 'B8:69:F4:B7:52:BB'

/** A router's PPP menus, with every row controlled by the test. */
export class PppLab {
  readonly sessions = new Set<LabSession>()
  readonly interfaces = new Set<LabInterface>()
  readonly peer: MenuPeer
  readonly menu: PppMenu
  readonly clock: HandClock
  #count = 0

  private constructor(of: { peer: MenuPeer; menu: PppMenu; clock: HandClock }) {
    this.peer = of.peer
    this.menu = of.menu
    this.clock = of.clock
  }

  static async open(): Promise<PppLab> {
    const { peer, connection, clock } = await menuConversation({})
    const lab = new PppLab({ peer, menu: new PppMenu(connection, new Callers()), clock })
    peer.menus['/ppp/active'] = () => Array.from(lab.sessions, it => lab.#activeRow(it))
    peer.menus['/interface'] = () => Array.from(lab.interfaces, interfaceRow)
    for (const service of ['pppoe', 'l2tp', 'pptp', 'sstp', 'ovpn'])
      peer.menus[`/interface/${service}-server`] = () => lab.#serverRows(service)
    return lab
  }

  /** Logs in, by default on a new dynamic interface. */
  login(
    user: string,
    more: Partial<LabSession> & { name?: string; rx?: string; tx?: string } = {},
  ): LabSession {
    const number = ++this.#count
    const { name, rx = '0', tx = '0', service = 'pppoe' } = more
    const on: LabInterface = more.on ?? {
      ...{ id: `*${(100 + number).toString(16)}`, name: name ?? `<${service}-${user}>`, service },
      ...{ user, isStatic: false, rx, tx },
    }
    const caller = more.caller ?? MAC
    const session: LabSession = {
      ...{ user, service, caller, serverCaller: caller, id: `*${number}`, loginMs: this.clock.steadyMs() },
      sessionId: `0x8130${number.toString(16).padStart(4, '0')}`,
      ...more,
      on,
    }
    this.sessions.add(session)
    this.interfaces.add(on)
    return session
  }

  logout(session: LabSession): void {
    this.sessions.delete(session)
    if (!session.on.isStatic) this.interfaces.delete(session.on)
  }

  bind(name: string, user: string, more: Partial<LabInterface> = {}): LabInterface {
    const id = `*${(++this.#count).toString(16)}`
    const binding = { id, name, user, service: 'pppoe', isStatic: true, rx: '0', tx: '0', ...more }
    this.interfaces.add(binding)
    return binding
  }

  /** Takes a reading. @returns the upload of each row by user; `undefined` if it is unknown */
  async uploads(): Promise<Readonly<Record<string, readonly (number | undefined)[]>>> {
    const rows = allRows(await this.menu.read())
    const uploads: Record<string, (number | undefined)[]> = {}
    for (const row of rows) {
      const others = uploads[row.username] ?? []
      uploads[row.username] = [...others, row.counters?.upload]
    }
    return uploads
  }

  /** The menus that were printed since the last call. */
  printed(): readonly string[] {
    return this.peer.asked.splice(0).map(command => command.split('/print')[0] ?? '')
  }

  /** Calls `then` once, right after this menu was printed. */
  after(menu: string, then: () => void): void {
    this.peer.afterPrint = printed => {
      if (printed !== menu) return
      this.peer.afterPrint = () => {}
      then()
    }
  }

  #activeRow(it: LabSession): MenuRow {
    return {
      '.id': it.id,
      name: it.user,
      service: it.service,
      'caller-id': it.caller,
      address: '10.30.246.13',
      uptime: this.#uptime(it),
      ...(it.sessionId === undefined ? {} : { 'session-id': it.sessionId }),
      'limit-bytes-in': '0',
    }
  }

  #serverRows(service: string): readonly MenuRow[] {
    return Array.from(this.interfaces)
      .filter(it => it.service === service)
      .map(it => {
        const session = [...this.sessions].find(of => of.on === it)
        const callerKey = service === 'pppoe' ? 'remote-address' : 'client-address'
        return {
          ...{
            name: it.name,
            user: it.user,
            dynamic: `${!it.isStatic}`,
            running: `${session !== undefined}`,
          },
          ...(session ? { [callerKey]: session.serverCaller, uptime: this.#uptime(session) } : {}),
        }
      })
  }

  #uptime({ loginMs }: LabSession): string {
    return `${Math.floor((this.clock.steadyMs() - loginMs) / 1000)}s`
  }
}

function interfaceRow(it: LabInterface): MenuRow {
  return { '.id': it.id, name: it.name, type: `${it.service}-in`, 'rx-byte': it.rx, 'tx-byte': it.tx }
}
