import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findPostmaster } from '../../../../src/postgres/postmaster.ts'
import { createLogger } from '../../../../src/runtime/logger.ts'
import { buildDaemon } from '../../../system/daemon/build.ts'
import { PostgresServer } from '../../chaos/postgres-server.ts'
import type { BuiltDaemon } from './built-daemon.ts'
import { type Deal, type Terms, tenantNumberOf, tenantsOf } from './config.ts'
import type { FleetSize } from './simulated/fleet.ts'
import { FastFleetProcess } from './simulated/fleet-process.ts'
import { type DaemonTerms, type SharedTerms, StagedDaemon } from './staged-daemon.ts'

export interface StageOptions extends FleetSize, Deal {
  /** Keys of all daemons' config that override the usual ones. */
  readonly config: Readonly<Record<string, unknown>>
  /** The daemons, which share the fleet: one or more. */
  readonly daemons: readonly DaemonTerms[]
  /** Flags for the daemons' Node. */
  readonly nodeFlags: readonly string[]
  readonly say: (line: string) => void
}

interface Running {
  readonly fleet: FastFleetProcess
  /** The first daemon, which is mostly the only one. */
  readonly daemon: BuiltDaemon
  readonly daemons: readonly BuiltDaemon[]
  readonly postgresPid: number
  readonly databaseUrl: string
}

/** Fleet, PostgreSQL and compiled daemons in separate processes, in a folder that is removed with them. */
export class Stage {
  readonly tenants: readonly string[]
  readonly size: FleetSize
  /** The folder of logs, configs and journals. */
  readonly folder: string
  readonly #options: StageOptions
  readonly #postgres: PostgresServer
  readonly #daemons: readonly StagedDaemon[]
  #fleet: FastFleetProcess | undefined
  #running: Running | undefined
  #terms: SharedTerms | undefined

  private constructor(options: StageOptions, folder: string) {
    this.#options = options
    this.folder = folder
    this.size = options
    this.tenants = tenantsOf(options.tenants).map(({ id }) => id)
    this.#daemons = options.daemons.map((terms, index) => new StagedDaemon(folder, index + 1, terms))
    this.#postgres = new PostgresServer({ directory: join(folder, 'postgres'), log: createLogger('silent') })
  }

  static async create(options: StageOptions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-fleet-'))
    // As root, PostgreSQL runs as another user.
    await chmod(folder, 0o711)
    return new Stage(options, folder)
  }

  /** The first daemon's. */
  get logFile(): string {
    return this.#daemons[0]?.logFile ?? ''
  }

  get journalFolders(): readonly string[] {
    return this.#daemons.map(it => it.journalFolder)
  }

  get running(): Running {
    if (!this.#running) throw new Error('the stage was not started')
    return this.#running
  }

  /** The tenant that has a router. */
  tenantOf(router: number): string {
    return this.tenants[tenantNumberOf(router, this.#options)] ?? ''
  }

  /** Starts everything. Daemons that start together each take what the others do not have yet. */
  async start(): Promise<void> {
    const { seed, routers, sessions, tenants, ofFirst, config, nodeFlags } = this.#options
    const cli = await buildDaemon(join(this.folder, 'daemon'))
    const databaseUrl = await this.#postgres.start()
    const postmaster = await findPostmaster({ folder: this.#postgres.home ?? '', account: undefined })
    const fleet = await FastFleetProcess.start({ seed, routers, sessions })
    this.#fleet = fleet
    const terms: SharedTerms = {
      ...{ routers, tenants, ofFirst, databaseUrl, fleetPort: fleet.port },
      ...{ more: config, ofTenant: new Map() },
    }
    this.#terms = terms
    for (const isLast of [false, true]) {
      const those = this.#daemons.filter(it => it.terms.isLast === isLast)
      const started = await Promise.allSettled(those.map(it => it.start(cli, nodeFlags, terms)))
      for (const it of started) if (it.status === 'rejected') throw it.reason
    }
    const daemons = this.#daemons.map(it => it.process)
    const [daemon] = daemons
    if (!daemon) throw new RangeError('a stage has a daemon')
    this.#running = { fleet, daemon, daemons, databaseUrl, postgresPid: postmaster?.pid ?? 0 }
  }

  /** Writes the configs. The daemons notice a changed file by themselves. */
  async writeConfig(change: Partial<Pick<Terms, 'more' | 'ofTenant'>>): Promise<void> {
    if (!this.#terms) throw new Error('the stage was not started')
    for (const daemon of this.#daemons) await daemon.writeConfig({ ...this.#terms, ...change })
  }

  /** Waits until each router has been read whole since then. @returns whether it was in time */
  async untilRead(sinceMs: number, withinMs: number, signal: AbortSignal): Promise<boolean> {
    const untilMs = performance.now() + withinMs
    while ((await this.running.fleet.unread(sinceMs)) > 0) {
      if (performance.now() > untilMs) return false
      await sleep(250, undefined, { signal })
    }
    return true
  }

  /** Ends everything and removes the database's files. Processes that do not end are reported. */
  async stop(): Promise<void> {
    await Promise.all(this.#daemons.map(it => it.kill()))
    const ended = await Promise.allSettled([this.#fleet?.stop(), this.#postgres.stop()])
    for (const it of ended)
      if (it.status === 'rejected') this.#options.say(`not stopped: ${String(it.reason).split('\n', 1)}`)
    const { home } = this.#postgres
    if (home) await rm(await realpath(home).catch(() => home), { recursive: true, force: true })
  }

  async removeFolder(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
