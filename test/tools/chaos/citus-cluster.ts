import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, runProgram } from '../../../src/postgres/program.ts'
import { createOnAllNodes, dropOnAllNodes, during, nodesOf } from '../../harness/postgres/citus.ts'
import type { ChaosDatabase } from './chaos-database.ts'
import { hangFor, startAgain } from './server-processes.ts'

/** The coordinator or a worker, whose processes are on this machine. */
interface Node {
  readonly url: string
  readonly directory: string
  readonly pgCtl: string
  readonly account: Account
}

interface NodeRow {
  readonly directory: string
  readonly programs: string
}

/** A database for one run in a Citus cluster that runs already, on this machine. */
export class CitusCluster implements ChaosDatabase {
  readonly home = undefined
  readonly #coordinator: string
  readonly #name = `chaos_${randomBytes(6).toString('hex')}`
  #nodes: readonly Node[] = []

  /** @param coordinator its URL, as a superuser that may connect to the workers without a password */
  constructor(coordinator: string) {
    this.#coordinator = coordinator
  }

  async start(): Promise<string> {
    this.#nodes = await Promise.all((await nodesOf(this.#coordinator)).map(({ url }) => nodeAt(url)))
    await createOnAllNodes(this.#coordinator, this.#name)
    return Object.assign(new URL(this.#coordinator), { pathname: `/${this.#name}` }).href
  }

  async stop(): Promise<void> {
    const url = Object.assign(new URL(this.#coordinator), { pathname: `/${this.#name}` }).href
    // What a killed node left prepared would keep the database.
    await during(url, it => it.query('select recover_prepared_transactions()'))
    await dropOnAllNodes(this.#coordinator, this.#name)
  }

  async killFor(forMs: number, variant: number): Promise<void> {
    const { url, directory, pgCtl, account } = this.#pick(variant)
    process.kill(await postmasterOf(url), 'SIGKILL')
    await sleep(forMs)
    const log = join(directory, 'restarted.log')
    await startAgain(async () => {
      const { exitCode, output } = await runProgram(
        pgCtl,
        ['start', '-D', directory, '-w', '-l', log],
        account,
      )
      if (exitCode !== 0) throw new Error(output)
    })
  }

  async hangFor(forMs: number, variant: number): Promise<void> {
    await hangFor(await postmasterOf(this.#pick(variant).url), forMs)
  }

  #pick(variant: number): Node {
    const node = this.#nodes[Math.floor(variant * this.#nodes.length)]
    if (!node) throw new RangeError('a cluster has a coordinator')
    return node
  }
}

async function nodeAt(url: string): Promise<Node> {
  const { rows } = await during(url, it =>
    it.query<NodeRow>(
      `select current_setting('data_directory') as directory, setting as programs from pg_config where name = 'BINDIR'`,
    ),
  )
  const [{ directory, programs } = { directory: '', programs: '' }] = rows
  const { uid, gid } = await stat(directory)
  return { url, directory, pgCtl: join(programs, 'pg_ctl'), account: { name: String(uid), uid, gid } }
}

async function postmasterOf(url: string): Promise<number> {
  const { rows } = await during(url, it =>
    it.query<{ pid: string }>(`select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid`),
  )
  return Number(rows[0]?.pid)
}
