import { hostname } from 'node:os'
import { ALL_ROWS } from '../accounting/limits/admission.ts'
import type { Config } from '../config/config.ts'
import { intervalOfSchedule } from '../poller/schedule.ts'
import type { RouterBooks } from '../recording/router-books.ts'
import { measureLeases } from '../roster/lease-metrics.ts'
import { Ownership } from '../roster/leases.ts'
import { Membership, type MembershipTerms } from '../roster/membership.ts'
import type { NewerDaemon } from '../roster/ports.ts'
import { JournalRecovery } from '../roster/recovery.ts'
import { Roster } from '../roster/roster.ts'
import { RepliesInFlight } from '../routeros/wire/replies-in-flight.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Lifecycle } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { VERSION } from '../runtime/version.ts'
import { beginIncarnation } from '../store/leases/incarnation.ts'
import { LeaseStore } from '../store/leases/lease-store.ts'
import { MemberStore } from '../store/leases/member-store.ts'
import type { RecordingParts } from './recording-parts.ts'
import { routerLinks } from './router-links.ts'
import type { Storage } from './storage.ts'

export interface RouterPartsOptions {
  readonly config: Pick<Config, 'daemon' | 'poll' | 'commit' | 'lease'>
  readonly storage: Storage
  readonly recording: Pick<RecordingParts, 'recorder' | 'board' | 'poller'>
  readonly books: RouterBooks
  /** Called when a daemon with the same id was started later. */
  readonly onSuperseded: (by: NewerDaemon) => void
  readonly lifecycle: Pick<Lifecycle, 'stopping'>
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** The parts that know which routers this daemon reads. None is started. */
export interface RouterParts {
  readonly membership: Membership
  readonly ownership: Ownership
  readonly roster: Roster
  /** Of this process; greater than that of any earlier one with the daemon's id. */
  readonly incarnation: number
}

/**
 * Makes this process the newest of its daemon, and builds the parts that take routers.
 * @throws DatabaseUnavailable
 */
export async function routerParts(options: RouterPartsOptions): Promise<RouterParts> {
  const { config, storage, recording, books, onSuperseded, metrics, clock, log, onBug } = options
  const { database, owner, store, journal } = storage
  const { recorder, board, poller } = recording
  const { stopping } = options.lifecycle
  const { durationMs } = config.lease
  const roster: Roster = new Roster({
    ...{ store, recovery: new JournalRecovery(journal), recorder, books, board, poller },
    want: routers => ownership.want(routers),
    linkTo: routerLinks({
      isListening: config.poll.listen,
      admission: (router, service) => books.get(router)?.admission(service, clock.steadyMs()) ?? ALL_ROWS,
      ...{ replies: RepliesInFlight.onThisMachine(), clock },
    }),
    // As often as the tables change.
    ...{ lookMs: config.commit.intervalMs, stopping, clock, log, onBug },
  })
  const incarnation = await beginIncarnation(database, owner, hostname())
  const membership = new Membership({
    members: new MemberStore({ database, self: owner, incarnation, version: VERSION, durationMs }),
    ...{ self: owner, terms: membershipTermsOf(config), loadsForMs: durationMs, clock },
  })
  const ownership: Ownership = new Ownership({
    leases: new LeaseStore({
      ...{ database, owner, incarnation, durationMs },
      epochOf: router => journal.epochOf(router),
    }),
    ...{ owner: roster.owner, part: membership, onSuperseded, durationMs, stopping, clock, log, onBug },
  })
  measureLeases(metrics, { ownership, membership })
  return { membership, ownership, roster, incarnation }
}

export function membershipTermsOf({ daemon, poll }: Pick<Config, 'daemon' | 'poll'>): MembershipTerms {
  return { share: daemon.share, moveEveryMs: intervalOfSchedule(poll.schedule) }
}
