import type { Service, ServiceRules } from '../accounting/reading.ts'
import type { SessionMenu } from './menus/session-rows.ts'
import type { RouterConnection } from './wire/connection.ts'

/** One service of one router: what is needed to read it, on this connection and on those that come after it. */
export interface RouterService {
  readonly name: Service
  readonly rules: ServiceRules
  /** The menu that has its sessions, as `/ip/hotspot/active`: a `listen` to it tells who left. */
  readonly menu: string
  /** Whether FastTrack, where a router has it on, hides traffic from the service's counters. */
  readonly isBypassedByFastTrack: boolean
  open(connection: RouterConnection): SessionMenu
}
