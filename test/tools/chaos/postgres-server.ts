import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinaries } from '../../../src/postgres/binaries.ts'
import { Cluster } from '../../../src/postgres/cluster.ts'
import { freePort } from '../../../src/postgres/free-port.ts'
import { makeHome } from '../../../src/postgres/home.ts'
import type { Listening } from '../../../src/postgres/listening.ts'
import { makeDatabase, withClient } from '../../../src/postgres/session.ts'
import type { Logger } from '../../../src/runtime/logger.ts'

const ATTEMPTS = 30
/** Children of a killed server hold its memory until they notice that it is gone. */
const BETWEEN_ATTEMPTS_MS = 500

/** The PostgreSQL of all daemons, which none of them manages. */
export class PostgresServer {
  readonly #directory: string
  readonly #log: Logger
  #cluster: Cluster | undefined
  #listening: Listening = { kind: 'tcp', port: 0 }
  #home: string | undefined

  constructor(options: { directory: string; log: Logger }) {
    this.#directory = options.directory
    this.#log = options.log
  }

  /** The folder of its files; `undefined` before it was started. */
  get home(): string | undefined {
    return this.#home
  }

  /** @returns the connection URL, which contains the password */
  async start(): Promise<string> {
    const home = await makeHome(this.#directory, this.#log)
    this.#home = home.folder
    const cluster = new Cluster(home, await findBinaries(home.folder, home.account))
    await cluster.initialise()
    this.#listening = { kind: 'tcp', port: await freePort() }
    await cluster.start(this.#listening)
    this.#cluster = cluster
    await withClient(await cluster.superuserUrl(this.#listening, 'postgres'), it =>
      makeDatabase(it, 'tikmeter'),
    )
    return cluster.superuserUrl(this.#listening, 'tikmeter')
  }

  async stop(): Promise<void> {
    await this.#cluster?.stop()
  }

  /** Kills the postmaster with SIGKILL, and starts it again after `forMs`; it recovers. */
  async killFor(forMs: number): Promise<void> {
    const postmaster = await this.#cluster?.postmaster()
    if (postmaster) process.kill(postmaster.pid, 'SIGKILL')
    await sleep(forMs)
    await this.#startAgain()
  }

  /** Stops all of its processes: connections stay, and nothing is answered. */
  async hangFor(forMs: number): Promise<void> {
    const postmaster = await this.#cluster?.postmaster()
    if (!postmaster) return
    const pids = [postmaster.pid, ...(await childrenOf(postmaster.pid))]
    for (const pid of pids) signal(pid, 'SIGSTOP')
    try {
      await sleep(forMs)
    } finally {
      for (const pid of pids) signal(pid, 'SIGCONT')
    }
  }

  async #startAgain(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#cluster?.start(this.#listening)
        return
      } catch (error) {
        if (attempt === ATTEMPTS) throw error
        await sleep(BETWEEN_ATTEMPTS_MS)
      }
    }
  }
}

async function childrenOf(parent: number): Promise<readonly number[]> {
  const children: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    // After the program's name, which is in brackets and may contain anything: the state, and the parent.
    const [, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(ppid) === parent) children.push(Number(name))
  }
  return children
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
