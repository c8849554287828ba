import type { Service, ServiceRules } from '../accounting/reading.ts'
import type { SessionMenu } from '../routeros/menus/session-rows.ts'
import type { RouterConnection } from '../routeros/wire/connection.ts'

/** How the config wants a router's services to be read. */
export interface RouterSettings {
  /** Whether the domain that a hotspot takes off a login name is part of the subscriber's name: `ann@north.example`. */
  readonly hotspotDomain: 'part' | 'ignore'
}

/**
 * Everything that is specific to a service. Its folder makes one such object, and `registered.ts` lists it; all other
 * code works with any service. The folder may import `routeros` and `accounting`, and only the list imports the folder.
 */
export interface ServiceDescription {
  /** Its name in the config, tables, journal, API and metrics: a promise to users once it is released. */
  readonly name: Service
  /** Whether it is read from routers whose config names no services. */
  readonly isReadByDefault: boolean
  /** The field of a dashboard's `stats` with its distinct subscribers online: like its name, a promise to users. */
  readonly usersField: string
  /** Its rules for matching sessions (docs/accounting.md rules 1, 22 and 23). */
  readonly rules: ServiceRules
  /** The menus that its rows come from, such as `/ip/hotspot/active`. The first has the sessions, and logouts. */
  readonly menus: readonly [string, ...string[]]
  /** Whether FastTrack, if a router has it on, hides traffic from its counters. */
  readonly isBypassedByFastTrack: boolean
  /**
   * Prepares reading a router. Called once for each router.
   * @returns a function that opens the menu on a connection; it may remember the router from one connection to the next
   */
  opener(settings: RouterSettings): (connection: RouterConnection) => SessionMenu
}
