import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from '../../../../src/postgres/free-port.ts'
import { buildDaemon } from '../../../system/daemon/build.ts'
import { SECRET } from '../../../system/daemon/scene.ts'
import { BuiltDaemon } from '../fleet/built-daemon.ts'
import { TENANTS } from './history.ts'

/** A port on which nobody listens. */
const REFUSING_PORT = 9

/** The compiled daemon on a full database, with one router per tenant, none of which answers. */
export class DaemonStarts {
  readonly #folder: string
  readonly #databaseUrl: string
  readonly #cli: string
  #starts = 0

  private constructor(folder: string, databaseUrl: string, cli: string) {
    this.#folder = folder
    this.#databaseUrl = databaseUrl
    this.#cli = cli
  }

  static async prepare(folder: string, databaseUrl: string): Promise<DaemonStarts> {
    return new DaemonStarts(folder, databaseUrl, await buildDaemon(join(folder, 'daemon')))
  }

  /** @returns seconds from the start of the process until it reports that it is running */
  async start(): Promise<number> {
    const number = ++this.#starts
    const port = await freePort()
    const [configFile, logFile] = [this.#file(`${number}.yaml`), this.#file(`${number}.log`)]
    await writeFile(configFile, this.#config(port), { mode: 0o600 })
    const startedMs = Date.now()
    const daemon = await BuiltDaemon.start({ nodeFlags: [], cli: this.#cli, configFile, logFile, port })
    await daemon.end('SIGTERM')
    return (runningAt(await readFile(logFile, 'utf8')) - startedMs) / 1_000
  }

  #file(name: string): string {
    return join(this.#folder, `daemon-${name}`)
  }

  #config(port: number): string {
    return stringify({
      database: { url: this.#databaseUrl },
      journal: { directory: this.#file('journal') },
      server: { port },
      auth: { secret: SECRET },
      tenants: Array.from({ length: TENANTS }, (_, number) => ({
        ...{ id: `tenant-${number}`, name: `Tenant ${number}`, timezone: 'Africa/Nairobi' },
        routers: [
          {
            ...{ id: `router-${number}`, host: '127.0.0.1', port: REFUSING_PORT },
            ...{ username: 'usage', password: 'secret' },
          },
        ],
      })),
    })
  }
}

function runningAt(log: string): number {
  const line = log.split('\n').find(it => it.includes('tikmeter is running')) ?? ''
  return Date.parse(/"time":"([^"]+)"/.exec(line)?.[1] ?? '')
}
