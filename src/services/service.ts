import type { Service, ServiceRules } from '../accounting/reading.ts'
import type { SessionMenu } from '../routeros/menus/session-rows.ts'
import type { RouterConnection } from '../routeros/wire/connection.ts'

/** What the config says about how a router's services are read. */
export interface RouterSettings {
  /** Whether the domain that a hotspot splits off a login's name is part of the subscriber's name, `ann@north.example`. */
  readonly hotspotDomain: 'part' | 'ignore'
}

/**
 * All that is a service's own. Its folder makes one such object, and `registered.ts` lists it; everything else takes
 * services as they come. The folder may import `routeros` and `accounting`, and nothing imports the folder but the list.
 */
export interface ServiceDescription {
  /** In the config, the tables, the journal, the API and the metrics: once it is released, a promise to users. */
  readonly name: Service
  /** Whether a router whose config names no services is read for it. */
  readonly isReadByDefault: boolean
  /** The field of a dashboard's `stats` that has its distinct subscribers online: as its name, a promise to users. */
  readonly usersField: string
  /** What matching has to know (docs/accounting.md rules 1, 22 and 23). */
  readonly rules: ServiceRules
  /** The menus that its rows are made of, as `/ip/hotspot/active`. The first has the sessions, and tells who left. */
  readonly menus: readonly [string, ...string[]]
  /** Whether FastTrack, where a router has it on, hides traffic from its counters. */
  readonly isBypassedByFastTrack: boolean
  /**
   * Begins to read a router for it, and is called once for each.
   * @returns opens its menu on a connection; may remember what it knows of the router from one to the next
   */
  opener(settings: RouterSettings): (connection: RouterConnection) => SessionMenu
}
