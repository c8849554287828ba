import type { Readiness } from '../api/pages/health.ts'
import { JwtVerifier } from '../auth/tokens.ts'
import type { Config } from '../config/config.ts'
import { tokenRulesOf } from '../config/revealed.ts'
import type { Publisher } from '../feed/pusher/publisher.ts'
import type { RouterBooks } from '../recording/router-books.ts'
import type { Membership } from '../roster/membership.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { Alerting } from './alerting.ts'
import type { BusParts } from './bus-parts.ts'
import { Control } from './control.ts'
import { FirstRouters } from './first-routers.ts'
import { publisherOf } from './publishing.ts'
import type { RecordingParts } from './recording-parts.ts'
import { Serving } from './serving.ts'
import type { Storage } from './storage.ts'

export interface ServingPartsOptions {
  readonly config: Config
  readonly storage: Pick<Storage, 'database' | 'usage' | 'replica' | 'record' | 'journal'>
  readonly recording: RecordingParts
  readonly books: RouterBooks
  /** Who reads what. */
  readonly membership: Membership
  /** The exchange with other daemons, if there is one. */
  readonly busParts: BusParts | undefined
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** The parts that show the numbers to others. None is started. */
export interface ServingParts {
  readonly verifier: JwtVerifier
  readonly alerting: Alerting
  readonly serving: Serving
  readonly control: Control
  /** `undefined` if nothing is to be published. */
  readonly publisher: Publisher | undefined
}

/** @throws UnusableKey, UnusableCertificate */
export function servingParts(options: ServingPartsOptions): ServingParts {
  const { config, storage, recording, books, membership, busParts, metrics, clock, log, onBug } = options
  const { database, usage, replica, record, journal } = storage
  const { poller, board, commits } = recording
  const verifier = new JwtVerifier({ rules: tokenRulesOf(config), clock, log })
  const firsts = new FirstRouters(router => membership.isOurs(router))
  const alerting: Alerting = new Alerting({
    ...{ config, database, record, books, calendars: board, metrics, clock, log, onBug },
    healthOf: router => poller.health(router),
    firsts,
    onAlert: alert => serving.publishAlert(alert),
    onFired: () => busParts?.tellOfAlerts(),
  })
  const shown = busParts?.exchange ?? board
  const readiness: Readiness = {
    database: () => (commits.isUp ? 'up' : 'down'),
    pollers: () => poller.state,
    journal: () => journal.state().kind,
    replica: () => replica,
    bus: () => busParts && (busParts.bus.isUp ? 'up' : 'down'),
  }
  const serving: Serving = new Serving({
    ...{ config, usage, replica, verifier, alerts: alerting.board, metrics, clock, log, onBug },
    board: shown,
    routers: () => books.size,
    readiness,
  })
  const { directory } = config.journal
  const control = new Control({
    ...{ directory, board, poller, books, spread: membership, commits, journal, readiness, verifier },
    ...{ clock, log },
  })
  const publisher = publisherOf({ ...{ config, source: shown, firsts, metrics, clock, log, onBug } })
  busParts?.onAlerts(() => alerting.look())
  return { verifier, alerting, serving, control, publisher }
}
