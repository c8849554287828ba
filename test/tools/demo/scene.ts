import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { tenantId } from '../../../src/accounting/ids.ts'
import type { Grant } from '../../../src/auth/bearer.ts'
import { signToken } from '../../../src/auth/tokens.ts'
import { EmbeddedPostgres } from '../../../src/postgres/embedded.ts'
import { type Clock, systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { serverIdentity } from '../../harness/fleet/certificate.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { utf8 } from '../../harness/fleet/name.ts'
import { steadyTraffic } from '../../harness/fleet/traffic.ts'
import { NatsServer } from '../../harness/nats-server.ts'
import { DaemonProcess } from '../../system/daemon/daemon-process.ts'
import { type FleetTenant, tenantsConfig } from '../../system/daemon/fleet-config.ts'
import { historyOf, type RouterHistory } from './history.ts'
import { writeHistory } from './write-history.ts'

export const TENANTS: readonly FleetTenant[] = [
  { id: 'acme', name: 'Acme WISP', timezone: 'Africa/Nairobi' },
  { id: 'hilltop', name: 'Hilltop Hotspots', timezone: 'Asia/Kathmandu' },
  { id: 'coast', name: 'Coast Fibre', timezone: 'America/Bogota' },
]
/** The daemon's user on the routers. */
export const READER = 'usage'
export const ROUTERS = 6
export const POLL_MS = 2000
export const SNAPSHOT_MS = 2000
/** The user name of somebody in a hotspot of acme. */
export const HOSTILE_NAME = '<img src=x onerror=alert(1)>'

/** The sessions that are online at first began within the last hour; the history ends before. */
const ONLINE_SINCE_MS = 65 * 60_000

/** Alerts of every tenant: some have reached a threshold at the start, and a stopped router is reported soon. */
const ALERTING = {
  quotas: [
    { scope: 'user', period: 'day', limit: '8GB' },
    { scope: 'user', period: 'day', limit: '500MB', of: [HOSTILE_NAME] },
  ],
  alerts: [
    { id: 'near-quota', scope: 'user', period: 'day', threshold: '90%' },
    { id: 'down', on: 'router_offline', after: '5s' },
  ],
}

/** The clock of somebody who never looks again at a server that they started. */
const UNWATCHED: Clock = {
  ...systemClock,
  sleep: (_ms, signal) => new Promise(resolve => signal.addEventListener('abort', () => resolve())),
}

/** What several daemons share. */
interface Shared {
  readonly postgres: EmbeddedPostgres
  readonly url: string
  readonly nats: NatsServer
}

/** Simulated routers, and the real daemon that reads them, or several of them, with an embedded PostgreSQL. */
export class DemoScene {
  readonly fleet: Fleet
  /** The folder for everything it writes. */
  readonly folder: string
  /** What the database had before the first daemon. */
  readonly history: readonly RouterHistory[]
  readonly #secret = randomBytes(32).toString('base64')
  readonly #daemons: DaemonProcess[] = []
  #shared: Shared | undefined

  private constructor(fleet: Fleet, folder: string, history: readonly RouterHistory[]) {
    this.fleet = fleet
    this.folder = folder
    this.history = history
  }

  /** @param daemons several need `nats-server` */
  static async start(seed: number, daemons = 1): Promise<DemoScene> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-demo-'))
    // As root, PostgreSQL runs as another user.
    await chmod(folder, 0o711)
    const fleet = createFleet({
      ...{ seed, routers: ROUTERS, hotspotSessions: 20, pppSessions: 20 },
      tls: serverIdentity(),
    })
    await fleet.start()
    addHostileName(fleet)
    const history = historyOf({ seed, fleet, tenants: TENANTS, endMs: Date.now() - ONLINE_SINCE_MS })
    const scene = new DemoScene(fleet, folder, history)
    try {
      await scene.#fill(daemons > 1)
      for (let number = 0; number < daemons; number++) await scene.startDaemon(0)
    } catch (error) {
      await scene.endShared()
      await fleet.stop()
      throw error
    }
    return scene
  }

  get directory(): string {
    return join(this.folder, 'postgres')
  }

  get logFile(): string {
    return join(this.folder, 'tikmeter.log')
  }

  /** The newest one. */
  get daemon(): DaemonProcess {
    const daemon = this.#daemons.at(-1)
    if (daemon === undefined) throw new Error('the daemon is not started')
    return daemon
  }

  get daemons(): readonly DaemonProcess[] {
    return this.#daemons
  }

  /** @param port 0: any free one */
  async startDaemon(port: number): Promise<void> {
    const name = this.#shared ? `-${this.#daemons.length + 1}` : ''
    const configFile = join(this.folder, `tikmeter${name}.yaml`)
    await writeFile(configFile, stringify(this.#config(port, name)))
    const env = { TIKMETER_SECRET: this.#secret }
    this.#daemons.push(await DaemonProcess.start(configFile, this.logFile, env, ['dist/cli.js']))
  }

  /** Ends what the daemons shared. */
  async endShared(): Promise<void> {
    await this.#shared?.nats.kill()
    await this.#shared?.postgres.stop()
    this.#shared = undefined
  }

  /**
   * Makes the database with its history, and leaves it running. A single daemon takes it over as if it were its own.
   * @param isShared by several daemons
   */
  async #fill(isShared: boolean): Promise<void> {
    const log = createLogger('warn')
    const clock = isShared ? systemClock : UNWATCHED
    const postgres = new EmbeddedPostgres({ directory: this.directory, log, clock })
    try {
      const { url } = await postgres.start()
      await migrate({ url })
      await writeHistory(url, TENANTS, this.history)
      if (isShared) this.#shared = { postgres, url, nats: await NatsServer.start() }
    } catch (error) {
      await postgres.stop()
      throw error
    }
  }

  /** A token of a tenant, or of an admin if none is named. */
  token(tenant: string | undefined, expiresAt: Date): Promise<string> {
    const grant: Grant =
      tenant === undefined
        ? { kind: 'admin', expiresAt }
        : { kind: 'tenant', tenant: tenantId(tenant), expiresAt }
    return signToken(grant, this.#secret)
  }

  async removeData(): Promise<void> {
    const home = await realpath(this.directory).catch(() => this.directory)
    await rm(home, { recursive: true, force: true })
    await rm(this.folder, { recursive: true, force: true })
  }

  #config(port: number, name: string): object {
    const shared = this.#shared
    return {
      database: shared ? { url: shared.url } : { directory: this.directory },
      ...(shared ? { bus: { url: shared.nats.url } } : {}),
      journal: { directory: join(this.folder, `journal${name}`) },
      poll: { schedule: `*/${POLL_MS / 1000} * * * * *` },
      commit: { interval: '5s' },
      snapshots: { interval: `${SNAPSHOT_MS / 1000}s` },
      server: { port, dashboard: true },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the config's own form of a secret
      auth: { secret: '${TIKMETER_SECRET}' },
      tenants: tenantsConfig(this.fleet, TENANTS, READER).map(tenant => ({ ...tenant, ...ALERTING })),
    }
  }
}

/** A subscriber who stays, besides the fleet's own, who come and go. */
function addHostileName(fleet: Fleet): void {
  fleet.routers[0]?.login({
    protocol: 'hotspot',
    name: utf8(HOSTILE_NAME),
    macAddress: '02:CC:00:00:00:01',
    address: '10.200.0.1',
    loggedInForMs: 1_800_000,
    traffic: steadyTraffic({ upload: 30_000, download: 250_000 }),
  })
}
