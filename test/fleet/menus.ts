import type { Menu } from './menu.ts'
import { rawText } from './name.ts'
import { PPP_PROTOCOLS } from './ppp-interface.ts'
import type { RouterOptions } from './router-options.ts'
import { hotspotActive, pppActive, pppServer } from './session-menus.ts'
import type { Sessions } from './sessions.ts'
import {
  firewallFilter,
  hotspotUser,
  interfaces,
  systemClock,
  systemIdentity,
  systemLicense,
  systemResource,
  systemRouterboard,
  userGroups,
  users,
} from './system-menus.ts'

/** The menus that a router with these packages has, by path. */
export function menusOf(
  options: RouterOptions,
  sessions: Sessions,
  uptimeMs: () => number,
): ReadonlyMap<string, Menu> {
  const { now, packages, version, identity, serial, license, hasFasttrack, clockAheadMs } = options
  const menus = new Map<string, Menu>([
    ['/system/resource', systemResource({ version, uptimeMs })],
    ['/system/identity', systemIdentity(rawText(identity))],
    ['/system/clock', systemClock({ version, now: () => now() + clockAheadMs })],
    ['/system/license', systemLicense(license)],
    ['/user', users(options.users)],
    ['/user/group', userGroups(options.users)],
    ['/ip/firewall/filter', firewallFilter(hasFasttrack)],
    ['/interface', interfaces(sessions, now)],
  ])
  if (serial !== undefined) menus.set('/system/routerboard', systemRouterboard(serial))
  if (packages.includes('hotspot')) {
    menus.set('/ip/hotspot/active', hotspotActive(sessions, now))
    menus.set('/ip/hotspot/user', hotspotUser(sessions))
  }
  if (packages.includes('ppp')) {
    menus.set('/ppp/active', pppActive(sessions, now))
    for (const protocol of PPP_PROTOCOLS)
      menus.set(`/interface/${protocol}-server`, pppServer(protocol, sessions, now))
  }
  return menus
}
