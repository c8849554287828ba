import { chmod, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../../src/postgres/free-port.ts'
import { findPostmaster } from '../../../../src/postgres/postmaster.ts'
import { createLogger } from '../../../../src/runtime/logger.ts'
import { buildDaemon } from '../../../system/daemon/build.ts'
import { PostgresServer } from '../../chaos/postgres-server.ts'
import { BuiltDaemon } from './built-daemon.ts'
import { configText, type Terms, tenantsOf } from './config.ts'
import type { FleetSize } from './simulated/fleet.ts'
import { FastFleetProcess } from './simulated/fleet-process.ts'

export interface StageOptions extends FleetSize {
  readonly tenants: number
  /** Keys of the daemon's config that override the usual ones. */
  readonly config: Readonly<Record<string, unknown>>
  /** Flags for the daemon's Node. */
  readonly nodeFlags: readonly string[]
  readonly say: (line: string) => void
}

interface Running {
  readonly fleet: FastFleetProcess
  readonly daemon: BuiltDaemon
  readonly postgresPid: number
  readonly databaseUrl: string
}

/** Fleet, PostgreSQL and the compiled daemon in separate processes, in a folder that is removed with them. */
export class Stage {
  readonly tenants: readonly string[]
  readonly size: FleetSize
  /** The folder of log, config and journal. */
  readonly folder: string
  readonly #options: StageOptions
  readonly #postgres: PostgresServer
  #fleet: FastFleetProcess | undefined
  #running: Running | undefined
  #terms: Terms | undefined

  private constructor(options: StageOptions, folder: string) {
    this.#options = options
    this.folder = folder
    this.size = options
    this.tenants = tenantsOf(options.tenants).map(({ id }) => id)
    this.#postgres = new PostgresServer({ directory: join(folder, 'postgres'), log: createLogger('silent') })
  }

  static async create(options: StageOptions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-fleet-'))
    // As root, PostgreSQL runs as another user.
    await chmod(folder, 0o711)
    return new Stage(options, folder)
  }

  get logFile(): string {
    return join(this.folder, 'tikmeter.log')
  }

  get journalFolder(): string {
    return join(this.folder, 'journal')
  }

  get running(): Running {
    if (!this.#running) throw new Error('the stage was not started')
    return this.#running
  }

  /** Starts everything; nothing was read yet. */
  async start(): Promise<void> {
    const { seed, routers, sessions } = this.#options
    const cli = await buildDaemon(join(this.folder, 'daemon'))
    const databaseUrl = await this.#postgres.start()
    const postmaster = await findPostmaster({ folder: this.#postgres.home ?? '', account: undefined })
    const fleet = await FastFleetProcess.start({ seed, routers, sessions })
    this.#fleet = fleet
    const port = await freePort()
    this.#terms = {
      ...{ routers, databaseUrl, port, fleetPort: fleet.port, journalFolder: this.journalFolder },
      ...{ tenants: this.tenants.length, more: this.#options.config, ofTenant: new Map() },
    }
    await this.writeConfig({})
    const daemon = await BuiltDaemon.start({
      ...{ cli, port, nodeFlags: this.#options.nodeFlags },
      ...{ configFile: this.#configFile, logFile: this.logFile },
    })
    this.#running = { fleet, daemon, databaseUrl, postgresPid: postmaster?.pid ?? 0 }
  }

  /** Writes the config. The daemon notices a changed file by itself. */
  async writeConfig(change: Partial<Pick<Terms, 'more' | 'ofTenant'>>): Promise<void> {
    if (!this.#terms) throw new Error('the stage was not started')
    await writeFile(`${this.#configFile}.new`, configText({ ...this.#terms, ...change }), { mode: 0o600 })
    await rename(`${this.#configFile}.new`, this.#configFile)
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
    await this.#running?.daemon.end('SIGKILL')
    const ended = await Promise.allSettled([this.#fleet?.stop(), this.#postgres.stop()])
    for (const it of ended)
      if (it.status === 'rejected') this.#options.say(`not stopped: ${String(it.reason).split('\n', 1)}`)
    const { home } = this.#postgres
    if (home) await rm(await realpath(home).catch(() => home), { recursive: true, force: true })
  }

  async removeFolder(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  get #configFile(): string {
    return join(this.folder, 'tikmeter.yaml')
  }
}
