import { v7 as uuidV7 } from 'uuid'
import { type RouterKey, sessionId } from '../accounting/ids.ts'
import type { Config } from '../config/config.ts'
import { PollMetrics } from '../poller/poll-metrics.ts'
import { Poller } from '../poller/poller.ts'
import { CommitLoop } from '../recording/commit-loop.ts'
import { Recorder } from '../recording/recorder.ts'
import { measureWaiting, RecordingMetrics } from '../recording/recording-metrics.ts'
import type { RouterBook } from '../recording/router-book.ts'
import type { RouterBooks } from '../recording/router-books.ts'
import { TenantBoard } from '../recording/tenant-board.ts'
import { measureTenants } from '../recording/tenant-metrics.ts'
import { WaitingShares } from '../recording/waiting-shares.ts'
import { measureRouters } from '../roster/router-metrics.ts'
import { Block, stepInBlocks } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { pooledRandom } from '../runtime/pooled-random.ts'
import { REGISTERED } from '../services/registered.ts'
import { SERVICE_NAMES } from '../services/services.ts'
import { LimitWatch, type LimitWatchOptions } from './limit-watch.ts'
import type { Storage } from './storage.ts'
import { UncountedWatch, type UncountedWatchOptions } from './uncounted-watch.ts'

export interface RecordingPartsOptions {
  readonly config: Pick<Config, 'poll' | 'commit' | 'bucketMs'>
  readonly storage: Pick<Storage, 'store' | 'journal'>
  readonly books: RouterBooks
  /** Called with the routers that another daemon has taken, and the epochs in which they were ours. */
  readonly onLost: (routers: ReadonlyMap<RouterKey, number>) => Promise<void>
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** The parts that a reading passes from its router to the tables. None is started, and no router is known yet. */
export interface RecordingParts {
  readonly poller: Poller
  readonly recorder: Recorder
  readonly board: TenantBoard
  readonly commits: CommitLoop
}

/** How long a running poll may still take when the daemon stops or its router is removed. */
const POLL_GRACE_MS = 3_000

export function recordingParts(options: RecordingPartsOptions): RecordingParts {
  const { config, storage, books, onLost, metrics, clock, log, onBug } = options
  const { bucketMs, commit, poll } = config
  const { store, journal } = storage
  const measured = new RecordingMetrics(metrics, SERVICE_NAMES)
  const randomBytes = pooledRandom()
  const poller: Poller = new Poller({
    ...{ isSpread: poll.spread, concurrency: poll.concurrency, graceMs: POLL_GRACE_MS, random: Math.random },
    sink: { record: (router, readings) => recorder.record(router, readings) },
    heldBack: router => shares.heldBack(router),
    ...{ observer: new PollMetrics(metrics), clock, log, onBug },
  })
  const healthOf = (router: RouterKey) => poller.health(router)
  const board = new TenantBoard({
    ...{ books, services: REGISTERED, bucketMs, staleAfterMs: poll.staleAfterMs, conditionOf: healthOf },
    // The time until another daemon commits it, and until we read it.
    otherRoutersLagMs: 2 * commit.intervalMs,
  })
  const recorder = new Recorder({
    ...{ store, journal, books },
    spreadingOf: tenant => board.spreading(tenant),
    newSessionId: () => sessionId(uuidV7({ rng: randomBytes })),
    work: steps => stepInBlocks(steps, new Block(clock)),
    onRecorded: ({ numbered, at }, decision, isDurable) => {
      const answeredMs = numbered?.answeredMs ?? at.steadyMs
      measured.recorded(decision, isDurable ? clock.steadyMs() - answeredMs : undefined)
    },
    onAdopted: watchesOf({ healthOf, clock, log }),
    onForgotten: book => board.keepRollup(book),
  })
  const { intervalMs } = commit
  const commits = new CommitLoop({ recorder, intervalMs, onLost, observer: measured, clock, log, onBug })
  const isTaken = (router: RouterKey) => commits.takes(router)
  const shares = WaitingShares.onThisMachine({ books, journal, bucketMs, isTaken, clock, log })
  measureWaiting(metrics, { recorder, shares, commits })
  measureRouters(metrics, { books, poller })
  measureTenants(metrics, board, clock)
  return { poller, recorder, board, commits }
}

/** Checks each router after a reading, and logs what an operator should know. */
function watchesOf(options: UncountedWatchOptions & LimitWatchOptions): (book: RouterBook) => void {
  const watches = [new UncountedWatch(options), new LimitWatch(options)]
  return book => {
    for (const watch of watches) watch.look(book)
  }
}
