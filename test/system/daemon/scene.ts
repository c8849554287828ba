import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { stringify } from 'yaml'
import type { Fleet } from '../../harness/fleet/fleet.ts'
import { DaemonProcess } from './daemon-process.ts'
import { type FleetTenant, tenantsConfig } from './fleet-config.ts'

export const SECRET = 'a secret of thirty-two bytes or more'

export const TENANTS: readonly FleetTenant[] = [
  { id: 'acme', name: 'Acme WISP', timezone: 'Africa/Nairobi' },
  { id: 'hilltop', name: 'Hilltop Hotspots', timezone: 'Asia/Kathmandu' },
]

/** A folder with a config for a fleet, and the daemons started in it. */
export class Scene {
  readonly folder: string
  readonly #daemons: DaemonProcess[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  /** @param more keys of the config, which override those that make tests quick */
  static async create(fleet: Fleet, more: Readonly<Record<string, unknown>>): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-scene-'))
    // When run as root, PostgreSQL runs as another user.
    await chmod(folder, 0o711)
    const scene = new Scene(folder)
    const config = {
      database: { directory: join(folder, 'postgres') },
      journal: { directory: join(folder, 'journal') },
      poll: { schedule: '* * * * * *', timeout: '3s' },
      commit: { interval: '1s' },
      snapshots: { interval: '1s' },
      server: { port: 0 },
      auth: { secret: SECRET },
      tenants: tenantsConfig(fleet, TENANTS, 'usage'),
      ...more,
    }
    await writeFile(scene.configFile, stringify(config))
    return scene
  }

  get configFile(): string {
    return join(this.folder, 'tikmeter.yaml')
  }

  get logFile(): string {
    return join(this.folder, 'tikmeter.log')
  }

  /** @param program what Node runs */
  async startDaemon(program: readonly string[] = [inject('cli')]): Promise<DaemonProcess> {
    const daemon = await DaemonProcess.start(this.configFile, this.logFile, {}, program)
    this.#daemons.push(daemon)
    return daemon
  }

  /** The log's lines with these words, of all daemons so far. */
  logged(words: string): readonly string[] {
    return readFileSync(this.logFile, 'utf8')
      .split('\n')
      .filter(line => line.includes(words))
  }

  async end(): Promise<void> {
    for (const daemon of this.#daemons) await daemon.end('SIGTERM')
    const directory = join(this.folder, 'postgres')
    const home = await realpath(directory).catch(() => directory)
    await rm(home, { recursive: true, force: true })
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Asks until the answer is `true`, up to a fixed number of times. @throws Error when it never is */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 600; turn++) {
    if (await isSo()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`timed out waiting until ${what}`)
}
