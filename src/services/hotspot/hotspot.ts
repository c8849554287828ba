import type { ServiceDescription } from '../service-description.ts'
import { HotspotMenu } from './hotspot-menu.ts'
import { HOTSPOT_RULES } from './hotspot-rules.ts'

/** Logins to a hotspot, with a page, a MAC address or a cookie. */
export const HOTSPOT: ServiceDescription = {
  name: 'hotspot',
  isReadByDefault: true,
  usersField: 'hotspot_users',
  rules: HOTSPOT_RULES,
  menus: ['/ip/hotspot/active'],
  isBypassedByFastTrack: true,
  opener:
    ({ hotspotDomain }) =>
    connection =>
      new HotspotMenu(connection, hotspotDomain),
}
