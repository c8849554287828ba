import { type Menu, menuOf } from './menu.ts'
import { rawName } from './name.ts'
import type { PppInterface, PppProtocol } from './ppp-interface.ts'
import type { HotspotSession, PppSession } from './session.ts'
import type { Sessions } from './sessions.ts'
import type { Shown } from './sight.ts'
import { formatUptime } from './uptime.ts'

/** The menus that show who is logged in. */

const BYTES_A_PACKET = 700

export function hotspotActive(sessions: Sessions, now: () => number): Menu {
  return menuOf<{ session: HotspotSession; shown: Shown; uptime: string }>({
    *items() {
      for (const session of sessions.hotspot()) {
        const atMs = now()
        const uptime = formatUptime(session.uptimeAt(atMs))
        yield { session, shown: { counters: session.meter.readAt(atMs), atMs }, uptime }
      }
    },
    columns: {
      '.id': ({ session }) => session.id,
      server: ({ session }) => session.login.server ?? 'hotspot1',
      user: ({ session }) => session.rawName,
      domain: ({ session }) => session.domain,
      address: ({ session }) => session.address,
      'mac-address': ({ session }) => session.login.macAddress,
      'login-by': () => 'http-chap',
      uptime: ({ uptime }) => uptime,
      'idle-time': () => '0s',
      'keepalive-timeout': () => '2m',
      'bytes-in': ({ shown }) => `${shown.counters.upload}`,
      'bytes-out': ({ shown }) => `${shown.counters.download}`,
      'packets-in': ({ shown }) => packets(shown.counters.upload),
      'packets-out': ({ shown }) => packets(shown.counters.download),
      radius: () => 'false',
      blocked: () => 'false',
      comment: ({ session }) => session.login.comment && rawName(session.login.comment),
    },
    sight: ({ session, shown }, sent) =>
      sent.has('bytes-in') && sent.has('bytes-out') ? { kind: 'hotspot', session, shown } : undefined,
  })
}

/** Has no byte counters in any version. */
export function pppActive(sessions: Sessions, now: () => number): Menu {
  return menuOf<{ session: PppSession; uptime: string }>({
    *items() {
      for (const session of sessions.ppp()) yield { session, uptime: formatUptime(session.uptimeAt(now())) }
    },
    columns: {
      '.id': ({ session }) => session.id,
      name: ({ session }) => session.rawName,
      service: ({ session }) => session.login.protocol,
      'caller-id': ({ session }) => session.login.callerId,
      address: ({ session }) => session.login.address,
      uptime: ({ uptime }) => uptime,
      'session-id': ({ session }) => session.sessionId,
      'limit-bytes-in': () => '0',
      'limit-bytes-out': () => '0',
      radius: () => 'false',
    },
    sight: ({ session }) => ({ kind: 'ppp', session }),
  })
}

/** `/interface/pppoe-server` and the like: which interface belongs to whom. */
export function pppServer(protocol: PppProtocol, sessions: Sessions, now: () => number): Menu {
  const clientKey = protocol === 'pppoe' ? 'remote-address' : 'client-address'
  return menuOf<{ interface: PppInterface; session: PppSession | undefined; uptime: string | undefined }>({
    *items() {
      for (const it of sessions.interfaces()) {
        if (it.protocol !== protocol) continue
        const { session } = it
        yield { interface: it, session, uptime: session && formatUptime(session.uptimeAt(now())) }
      }
    },
    columns: {
      '.id': ({ interface: it }) => it.id,
      name: ({ interface: it }) => it.name,
      user: ({ interface: it }) => it.user,
      service: ({ session }) => (protocol === 'pppoe' && session ? 'service1' : undefined),
      [clientKey]: ({ session }) => session?.login.callerId,
      uptime: ({ uptime }) => uptime,
      mtu: ({ session }) => session && '1480',
      running: ({ session }) => `${session !== undefined}`,
      dynamic: ({ interface: it }) => `${it.isDynamic}`,
      disabled: () => 'false',
    },
    sight: ({ interface: it, session }) => ({ kind: 'server', interface: it, session }),
  })
}

export function packets(bytes: number): string {
  return `${Math.ceil(bytes / BYTES_A_PACKET)}`
}
