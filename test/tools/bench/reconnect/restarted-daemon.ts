import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../../src/postgres/free-port.ts'
import { createLogger } from '../../../../src/runtime/logger.ts'
import { buildDaemon } from '../../../system/daemon/build.ts'
import { PostgresServer } from '../../chaos/postgres-server.ts'
import { BuiltDaemon } from '../fleet/built-daemon.ts'
import { configText } from '../fleet/config.ts'
import { FastFleetProcess } from '../fleet/simulated/fleet-process.ts'

export interface RestartedDaemonOptions {
  readonly tenants: number
  /** Sessions of each tenant's router. */
  readonly sessionsARouter: number
  readonly pusher: { readonly key: string; readonly secret: string }
}

interface Stage {
  readonly cli: string
  readonly port: number
  readonly fleet: FastFleetProcess
}

/** The compiled daemon with a router for each tenant. It restarts on the same port. */
export class RestartedDaemon {
  readonly #options: RestartedDaemonOptions
  readonly #folder: string
  readonly #postgres: PostgresServer
  #stage: Stage | undefined
  #daemon: BuiltDaemon | undefined

  private constructor(options: RestartedDaemonOptions, folder: string) {
    this.#options = options
    this.#folder = folder
    this.#postgres = new PostgresServer({ directory: join(folder, 'postgres'), log: createLogger('silent') })
  }

  static async create(options: RestartedDaemonOptions): Promise<RestartedDaemon> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-reconnect-'))
    // As root, PostgreSQL runs as another user.
    await chmod(folder, 0o711)
    return new RestartedDaemon(options, folder)
  }

  get port(): number {
    return this.#stage?.port ?? 0
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0
  }

  /** Prepares everything else, before the daemon's first start. */
  async prepare(): Promise<void> {
    const { tenants, sessionsARouter, pusher } = this.#options
    const cli = await buildDaemon(join(this.#folder, 'daemon'))
    const databaseUrl = await this.#postgres.start()
    const fleet = await FastFleetProcess.start({ seed: 1, routers: tenants, sessions: sessionsARouter })
    const port = await freePort()
    this.#stage = { cli, port, fleet }
    const text = configText({
      ...{ routers: tenants, tenants, ofFirst: 0, fleetPort: fleet.port, databaseUrl, port },
      journalFolder: join(this.#folder, 'journal'),
      ...{ more: { pusher, server: { port, trusted_proxies: ['127.0.0.1'] } }, ofTenant: new Map() },
    })
    await writeFile(this.#configFile, text, { mode: 0o600 })
  }

  /** @returns when it listened, by the wall clock, from its log */
  async start(): Promise<number> {
    if (!this.#stage) throw new Error('the daemon has nothing to run on')
    const { cli, port } = this.#stage
    this.#daemon = await BuiltDaemon.start({
      ...{ cli, port, nodeFlags: [], configFile: this.#configFile, logFile: this.#logFile },
    })
    const log = await readFile(this.#logFile, 'utf8')
    const line = log.split('\n').findLast(it => it.includes('"http listening"')) ?? ''
    return Date.parse(/"time":"([^"]+)"/.exec(line)?.[1] ?? '')
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#daemon?.end(signal)
  }

  /** Ends everything and removes its files. */
  async stop(): Promise<void> {
    await this.end('SIGKILL')
    await Promise.allSettled([this.#stage?.fleet.stop(), this.#postgres.stop()])
    const { home } = this.#postgres
    if (home) await rm(await realpath(home).catch(() => home), { recursive: true, force: true })
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #configFile(): string {
    return join(this.#folder, 'tikmeter.yaml')
  }

  get #logFile(): string {
    return join(this.#folder, 'tikmeter.log')
  }
}
