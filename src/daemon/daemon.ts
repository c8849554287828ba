import type { Config } from '../config/config.ts'
import type { EnvFile } from '../config/env-file.ts'
import { RouterBooks } from '../recording/router-books.ts'
import type { NewerDaemon } from '../roster/ports.ts'
import type { Clock } from '../runtime/clock.ts'
import { DescriptorWatch } from '../runtime/descriptor-watch.ts'
import { EventLoopDelay } from '../runtime/event-loop.ts'
import { Lifecycle } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { Metrics } from '../runtime/metrics.ts'
import { Supervisor } from '../runtime/supervisor.ts'
import { VERSION } from '../runtime/version.ts'
import { Watchdog } from '../runtime/watchdog.ts'
import type { SchemaTooNew } from '../store/pg/errors.ts'
import { busParts } from './bus-parts.ts'
import { endCommits } from './last-commit.ts'
import { notedConfigFile } from './noted-config-file.ts'
import { type RecordingParts, type RecordingPartsOptions, recordingParts } from './recording-parts.ts'
import { reload } from './reload.ts'
import { routerParts } from './router-parts.ts'
import { servingParts } from './serving-parts.ts'
import { openStorage } from './storage.ts'

export interface DaemonOptions {
  readonly configFile: string
  readonly config: Config
  readonly env: NodeJS.ProcessEnv
  /** Its variables are in `env`. */
  readonly envFile: EnvFile
  readonly clock: Clock
  readonly log: Logger
  /** Called with a bug, which no part of the daemon can handle: the daemon has to be stopped and restarted. */
  readonly onBug: (error: unknown) => void
  /** Called when a daemon with the same id was started later: this one has to be stopped, and not restarted. */
  readonly onSuperseded: (by: NewerDaemon) => void
  /** Called when a later release changes the tables: this one has to be stopped, and not restarted. */
  readonly onTooNew: (error: SchemaTooNew) => void
}

/** The time from the signal until the last part has stopped. Supervisors wait a little longer. */
const STOP_WITHIN_MS = 10_000

/** The composition root: builds the daemon's parts, and starts and stops them in order. */
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

  /**
   * Builds the parts and starts them.
   * @throws Stopping if the stop begins meanwhile; the errors of each part's start
   */
  async start(): Promise<void> {
    const { config, log } = this.#options
    const lifecycle = this.#lifecycle
    const shared = { ...this.#options, lifecycle, books: new RouterBooks(), metrics: new Metrics() }

    const apply = (changed: Config) => reload(changed, { ...served, ...routers })
    const file = await notedConfigFile({ ...shared, apply })
    const storage = await openStorage(shared)
    const onLost: RecordingPartsOptions['onLost'] = lost => routers.ownership.lose(lost)
    const recording = recordingParts({ ...shared, storage, onLost })
    const routers = await routerParts({ ...shared, storage, recording })
    const bus = await busParts({ ...shared, ...recording, storage, incarnation: routers.incarnation })
    const served = servingParts({ ...shared, ...routers, storage, recording, busParts: bus })

    // The stop begins with a last poll of each router, and then stops the parts in reverse order: the polled readings are
    // committed, the feed closes its connections, the database closes.
    lifecycle.firstAtStop('poller', () => recording.poller.stop())
    await lifecycle.start('event loop watch', new EventLoopDelay(shared.metrics))
    await lifecycle.start('descriptor watch', new DescriptorWatch(shared))
    await lifecycle.start('housekeeping', storage.housekeeping)
    await lifecycle.start('schema watch', storage.schemaWatch)
    lifecycle.onStop('control', () => served.control.stop())
    lifecycle.onStop('http and feed', () => served.serving.stop())
    await lifecycle.start('journal', storage.journaling)
    lifecycle.onStop('commits', () => endCommits({ ...shared, ...storage, ...recording, ...routers }))
    await lifecycle.start('commit loop', recording.commits)
    // Renewals start before a router is taken: until the last one is, the lease of the first one would be over.
    await lifecycle.start('leases', routers.ownership)
    // Before the first readings of all routers, which take the processor for a while.
    await lifecycle.wait(() => served.alerting.load())
    recording.poller.start()
    await lifecycle.wait(() => routers.roster.apply(config))
    await lifecycle.start('elsewhere', routers.roster)
    await lifecycle.start('alert watch', served.alerting)
    if (storage.replica) await lifecycle.start('replica watch', storage.replica)
    if (bus) {
      await lifecycle.start('bus', bus.bus)
      await lifecycle.start('live exchange', bus.exchange)
    }
    if (served.publisher) await lifecycle.start('publisher', served.publisher)
    // Served only now that all tenants are known.
    await lifecycle.wait(() => served.serving.start())
    await lifecycle.wait(() => served.control.start())
    await lifecycle.start('config file', file)
    await lifecycle.start('watchdog', this.#watchdog(recording))

    this.#port = served.serving.port ?? 0
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

  #watchdog({ poller, commits }: RecordingParts): Watchdog {
    return new Watchdog({ ...this.#options, supervisor: this.#supervisor, works: { poller, commits } })
  }
}
