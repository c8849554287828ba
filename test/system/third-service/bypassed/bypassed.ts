import type { ServiceDescription } from '../../../../src/services/service-description.ts'
import { BypassedMenu } from './bypassed-menu.ts'

/** Hosts behind a hotspot that an IP binding lets through without a login. Nobody but the device is known of them. */
export const BYPASSED: ServiceDescription = {
  name: 'bypassed',
  isReadByDefault: false,
  usersField: 'bypassed_users',
  rules: {
    identityKey: ({ server, macAddress, ipAddress }) => [server, macAddress, ipAddress].join('\0'),
    deviceKey: ({ server, macAddress }) => [server, macAddress].join('\0'),
  },
  menus: ['/ip/hotspot/host'],
  isBypassedByFastTrack: true,
  opener: () => connection => new BypassedMenu(connection),
}
