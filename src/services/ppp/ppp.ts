import type { ServiceDescription } from '../service-description.ts'
import { Callers } from './callers.ts'
import { PppMenu } from './ppp-menu.ts'
import { PPP_RULES } from './ppp-rules.ts'

/** Sessions of all PPP protocols: PPPoE, L2TP, PPTP, SSTP and OpenVPN. */
export const PPP: ServiceDescription = {
  name: 'ppp',
  isReadByDefault: true,
  // Counts all PPP protocols. The name is from a release that only knew PPPoE.
  usersField: 'pppoe_users',
  rules: PPP_RULES,
  menus: ['/ppp/active', '/interface'],
  isBypassedByFastTrack: false,
  opener: () => {
    const callers = new Callers()
    return connection => new PppMenu(connection, callers)
  },
}
