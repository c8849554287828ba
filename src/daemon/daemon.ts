import { hostname } from 'node:os'
import { v7 as uuidV7 } from 'uuid'
import { ALL_ROWS } from '../accounting/admission.ts'
import { type RouterKey, sessionId } from '../accounting/ids.ts'
import { JwtVerifier } from '../auth/tokens.ts'
import type { Config } from '../config/config.ts'
import { loadApart } from '../config/load-apart.ts'
import { tokenRulesOf } from '../config/revealed.ts'
import { daemonId } from '../journal/files/daemon-id.ts'
import { nodeDisk } from '../journal/files/node-disk.ts'
import { Journal } from '../journal/journal.ts'
import { measureJournal } from '../journal/journal-metrics.ts'
import { PollMetrics } from '../poller/poll-metrics.ts'
import { Poller } from '../poller/poller.ts'
import { CommitLoop } from '../recording/commit-loop.ts'
import { Recorder } from '../recording/recorder.ts'
import { measureWaiting, RecordingMetrics } from '../recording/recording-metrics.ts'
import { RouterBooks } from '../recording/router-books.ts'
import { TenantBoard } from '../recording/tenant-board.ts'
import { measureTenants } from '../recording/tenant-metrics.ts'
import { WaitingShares } from '../recording/waiting-shares.ts'
import { measureLeases } from '../roster/lease-metrics.ts'
import { type Newer, Ownership } from '../roster/leases.ts'
import { JournalInheritance } from '../roster/recovery.ts'
import { Roster } from '../roster/roster.ts'
import { measureRouters } from '../roster/router-metrics.ts'
import { RepliesInFlight } from '../routeros/wire/replies-in-flight.ts'
import { Block, stepInBlocks } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import { EventLoopDelay } from '../runtime/event-loop.ts'
import { Lifecycle } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import { Metrics } from '../runtime/metrics.ts'
import { pooledRandom } from '../runtime/pooled-random.ts'
import { Supervisor } from '../runtime/supervisor.ts'
import { VERSION } from '../runtime/version.ts'
import { Watchdog } from '../runtime/watchdog.ts'
import { REGISTERED } from '../services/registered.ts'
import { SERVICE_NAMES } from '../services/services.ts'
import { Housekeeping } from '../store/housekeeping/housekeeping.ts'
import { beginIncarnation } from '../store/leases/incarnation.ts'
import { LeaseStore } from '../store/leases/lease-store.ts'
import { LedgerStore } from '../store/ledger-store.ts'
import { migrate } from '../store/pg/migrate.ts'
import { Alerting } from './alerting.ts'
import { ConfigFile } from './config-file.ts'
import { ConfigFileMetrics, measureConfigFile } from './config-file-metrics.ts'
import { Control } from './control.ts'
import { databaseUrl, openConnections } from './daemon-database.ts'
import { commitLast } from './last-commit.ts'
import { routerLinks } from './router-links.ts'
import { Serving } from './serving.ts'
import { watchesOf } from './watches.ts'

export interface DaemonOptions {
  readonly configFile: string
  readonly config: Config
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly log: Logger
  /** Called with a bug, which no part of the daemon can do anything about: it is to be stopped and started anew. */
  readonly onBug: (error: unknown) => void
  /** Called when a daemon with the same id was started later: this one is to be stopped, and not started anew. */
  readonly onSuperseded: (by: Newer) => void
}

/** For polls in flight, when the daemon stops or a router leaves. */
const POLL_GRACE_MS = 3_000
/** From the signal to the last part's end; supervisors wait a little longer. */
const STOP_WITHIN_MS = 10_000

/** The composition root: the daemon's parts, in the order in which they start; they stop in the reverse of it. */
export class Daemon {
  readonly #options: DaemonOptions
  readonly #lifecycle: Lifecycle
  readonly #supervisor: Supervisor
  #port = 0

  constructor(options: DaemonOptions) {
    this.#options = options
    this.#lifecycle = new Lifecycle(options)
    this.#supervisor = new Supervisor(options.env)
  }

  /** The port that HTTP and the feed listen on. */
  get port(): number {
    return this.#port
  }

  async start(): Promise<void> {
    const { config, configFile, env, clock, log, onBug, onSuperseded } = this.#options
    const lifecycle = this.#lifecycle
    const { stopping } = lifecycle
    const metrics = new Metrics()
    const observer = new ConfigFileMetrics(metrics)
    const apply = async (changed: Config) => {
      // Before what may fail: a token that was revoked must not wait for the database.
      if (verifier.apply(tokenRulesOf(changed))) await serving.rulesChanged()
      serving.apply(changed)
      const restartNeeded = await roster.apply(changed)
      alerting.apply(changed)
      return restartNeeded
    }
    const file = new ConfigFile({
      ...{ file: configFile, load: loadApart, env, apply, observer, clock, log, onBug },
    })
    measureConfigFile(metrics, file)
    await file.note()

    const url = await databaseUrl(config, lifecycle, { clock, log })
    await migrate(url)
    const { database, usage, record } = openConnections(url, lifecycle, log)
    const owner = await daemonId(config.journal.directory)
    const store = new LedgerStore({ database, clock, owner, deltasRetentionMs: config.retention.deltasMs })

    await lifecycle.start('event loop watch', new EventLoopDelay(metrics))
    const books = new RouterBooks()
    const poller: Poller = new Poller({
      isSpread: config.poll.spread,
      concurrency: config.poll.concurrency,
      graceMs: POLL_GRACE_MS,
      sink: { record: (router, readings) => recorder.record(router, readings) },
      heldBack: router => shares.heldBack(router),
      random: Math.random,
      ...{ observer: new PollMetrics(metrics), clock, log, onBug },
    })
    const board = new TenantBoard({
      ...{ books, services: REGISTERED },
      bucketMs: config.bucketMs,
      staleAfterMs: config.poll.staleAfterMs,
      // Until it is committed there, and until we look.
      elsewhereLagMs: 2 * config.commit.intervalMs,
      conditionOf: router => poller.health(router),
    })
    const journal: Journal = new Journal({
      ...config.journal,
      pending: () => books.checkpoints(),
      ...{ disk: nodeDisk, clock, log },
    })
    measureJournal(metrics, journal)
    const measured = new RecordingMetrics(metrics, SERVICE_NAMES)
    const randomBytes = pooledRandom()
    const healthOf = (router: RouterKey) => poller.health(router)
    const shares = WaitingShares.onThisMachine({
      ...{ ...config, books, journal, clock, log },
      isTaken: router => commits.takes(router),
    })
    const recorder = new Recorder({
      ...{ store, journal, books },
      onRecorded: ({ numbered, at }, decision, isDurable) => {
        const answeredMs = numbered?.answeredMs ?? at.steadyMs
        measured.recorded(decision, isDurable ? clock.steadyMs() - answeredMs : undefined)
      },
      spreadingOf: tenant => board.spreading(tenant),
      newSessionId: () => sessionId(uuidV7({ rng: randomBytes })),
      work: steps => stepInBlocks(steps, new Block(clock)),
      onAdopted: watchesOf({ healthOf, clock, log }),
      onForgotten: book => board.keepRollup(book),
    })
    await lifecycle.start('journal', journal)
    await journal.load()
    const estate = new JournalInheritance(journal)
    const commits: CommitLoop = new CommitLoop({
      ...{ recorder, observer: measured, clock, log, onBug },
      intervalMs: config.commit.intervalMs,
      onLost: routers => ownership.lose(routers),
    })

    const verifier = new JwtVerifier({ rules: tokenRulesOf(config), clock, log })
    measureWaiting(metrics, { recorder, shares, commits })
    measureRouters(metrics, { books, poller })
    measureTenants(metrics, board, clock)
    const alerting: Alerting = new Alerting({
      ...{ config, database, record, books, calendars: board, metrics, clock, log, onBug },
      healthOf: router => poller.health(router),
      onAlert: alert => serving.publishAlert(alert),
    })
    const serving: Serving = new Serving({
      ...{ config, board, usage, verifier, metrics, clock, log, onBug },
      routers: () => books.size,
      alerts: alerting.board,
      readiness: {
        database: () => (commits.isUp ? 'up' : 'down'),
        pollers: () => poller.state,
        journal: () => journal.state().kind,
      },
    })

    const { directory } = config.journal
    const control = new Control({ directory, board, poller, books, commits, journal, verifier, clock, log })

    // A last poll of each router, whatever waits for the database.
    lifecycle.firstAtStop('poller', () => poller.stop())
    // In the reverse of this order: what was polled is committed, the feed says goodbye, the database goes.
    const housekeeping = new Housekeeping({ database, terms: config.retention, clock, log, onBug })
    await lifecycle.start('housekeeping', housekeeping)
    lifecycle.onStop('control', () => control.stop())
    lifecycle.onStop('http and feed', () => serving.stop())
    await lifecycle.start('journal', new Loop(signal => journal.run(signal), onBug))
    lifecycle.onStop('commits', async () => {
      if (await commitLast({ commits, journal, clock, log })) await ownership.release()
    })
    await lifecycle.start('commit loop', commits)
    const replies = RepliesInFlight.onThisMachine()
    const roster: Roster = new Roster({
      ...{ store, estate, recorder, board, poller, clock, log },
      want: routers => ownership.want(routers),
      linkTo: routerLinks({
        isListening: config.poll.listen,
        admission: (router, service) => books.get(router)?.admission(service, clock.steadyMs()) ?? ALL_ROWS,
        ...{ replies, clock },
      }),
      // As often as the tables change.
      ...{ lookMs: config.commit.intervalMs, stopping, onBug },
    })
    const { durationMs } = config.lease
    const incarnation = await beginIncarnation(database, owner, hostname())
    const leases = new LeaseStore({ database, owner, incarnation, durationMs })
    const ownership: Ownership = new Ownership({
      ...{ leases, owner: roster, onSuperseded, durationMs, stopping, clock, log, onBug },
    })
    measureLeases(metrics, ownership)
    // Before the first of them is taken: the last one may be so when the first one's lease would be over.
    await lifecycle.start('leases', ownership)
    poller.start()
    await lifecycle.wait(() => roster.apply(config))
    await lifecycle.start('elsewhere', roster)
    await lifecycle.start('alert watch', alerting)
    // Only now, so that nobody is told that a tenant is not there.
    await lifecycle.wait(() => serving.start())
    await lifecycle.wait(() => control.start())
    this.#port = serving.port ?? 0

    await lifecycle.start('config file', file)
    const works = { poller, commits }
    const watchdog = new Watchdog({ supervisor: this.#supervisor, works, clock, log, onBug })
    await lifecycle.start('watchdog', watchdog)
    this.#supervisor.ready()
    const started = { version: VERSION, host: config.server.host, port: this.#port }
    log.info({ ...started, tenants: config.tenants.length }, 'tikmeter is running')
  }

  /** @returns whether every part stopped in order and in time */
  async stop(): Promise<boolean> {
    this.#options.log.info('stopping')
    this.#supervisor.stopping()
    return this.#lifecycle.stop(STOP_WITHIN_MS)
  }
}
