import type { Faults } from './faults.ts'
import type { Lies } from './lies.ts'
import { lyingMenu, shortMenu } from './lying-menu.ts'
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
  ipServices,
  systemClock,
  systemIdentity,
  systemLicense,
  systemResource,
  systemRouterboard,
  userGroups,
  users,
} from './system-menus.ts'

/** The data behind a router's menus. */
export interface MenuSources {
  readonly sessions: Sessions
  readonly lies: Lies
  readonly faults: Faults
  readonly uptimeMs: () => number
}

/** The menus of a router with these packages, by path. */
export function menusOf(
  options: RouterOptions,
  { sessions, lies, faults, uptimeMs }: MenuSources,
): ReadonlyMap<string, Menu> {
  const { now, packages, version, identity, serial, license, hasFasttrack, clockAheadMs } = options
  const menus = new Map<string, Menu>([
    ['/system/resource', systemResource({ version, uptimeMs })],
    ['/system/identity', systemIdentity(rawText(identity))],
    ['/system/clock', systemClock({ version, now: () => now() + clockAheadMs })],
    ['/system/license', systemLicense(license)],
    ['/user', users(options.users)],
    ['/user/group', userGroups(options.users)],
    ['/ip/service', ipServices()],
    ['/ip/firewall/filter', firewallFilter(hasFasttrack)],
    ['/interface', lyingMenu(interfaces(sessions, now), lies)],
  ])
  if (serial !== undefined) menus.set('/system/routerboard', systemRouterboard(serial))
  if (packages.includes('hotspot')) {
    menus.set('/ip/hotspot/active', lyingMenu(hotspotActive(sessions, now), lies))
    menus.set('/ip/hotspot/user', hotspotUser(sessions))
  }
  if (packages.includes('ppp')) {
    menus.set('/ppp/active', lyingMenu(pppActive(sessions, now), lies))
    for (const protocol of PPP_PROTOCOLS)
      menus.set(
        `/interface/${protocol}-server`,
        lyingMenu(
          shortMenu(pppServer(protocol, sessions, now), () => faults.areServersShort),
          lies,
        ),
      )
  }
  return menus
}
