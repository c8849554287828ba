import type { Service, ServiceRules } from '../accounting/reading.ts'
import type { SessionMenu } from './menus/session-rows.ts'
import type { RouterConnection } from './wire/connection.ts'

/** What is needed to read one service of one router, on any of its connections. */
export interface RouterService {
  readonly name: Service
  readonly rules: ServiceRules
  /** The menu of its sessions, such as `/ip/hotspot/active`. A `listen` to it reports logouts. */
  readonly menu: string
  /** Whether FastTrack, if a router has it on, hides traffic from the service's counters. */
  readonly isBypassedByFastTrack: boolean
  /** Prepares reading the service on a connection. */
  open(connection: RouterConnection): SessionMenu
}
