import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Bytes } from '../../../../../src/accounting/bytes.ts'
import type { SimulatedService } from '../../../../harness/services.ts'
import type { FleetSize } from './fleet.ts'
import type { FleetReport } from './fleet-report.ts'
import type { Trouble } from './router.ts'

/**
 * The bytes that a router's whole replies carried, for each service's subscribers by number, and those of them that the
 * client may not have read, because it closed the connection before it asked again.
 */
export type RouterTruth = readonly {
  readonly service: SimulatedService
  readonly carried: readonly Bytes[]
  readonly doubted: readonly (readonly [number: number, Bytes])[]
}[]

/** Who is online on a router, with the bytes that whole replies carried of each. */
export type RouterOnline = readonly {
  readonly service: SimulatedService
  readonly sessions: readonly ({ readonly username: string } & Bytes)[]
}[]

/** The fast fleet in a child process, so that its cost is separate. */
export class FastFleetProcess {
  readonly #child: ChildProcess
  /** The port of all routers, each at its own address. */
  readonly port: number
  readonly #controlPort: number

  private constructor(child: ChildProcess, ports: { port: number; controlPort: number }) {
    this.#child = child
    this.port = ports.port
    this.#controlPort = ports.controlPort
  }

  static async start(size: FleetSize): Promise<FastFleetProcess> {
    const file = fileURLToPath(new URL('fleet-child.ts', import.meta.url))
    // Ctrl-C goes only to the parent, which then stops the child.
    const child = spawn(process.execPath, ['--import', 'tsx', file, JSON.stringify(size)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    })
    for await (const line of createInterface({ input: child.stdout }))
      return new FastFleetProcess(child, JSON.parse(line))
    throw new Error(`the fleet's process did not start`)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }

  /** From now on this share of all sessions is replaced per minute. */
  async churn(shareAMinute: number): Promise<void> {
    await this.#order(`/churn?share=${shareAMinute}`)
  }

  /** Stops logins, logouts and traffic. @returns the time of that, for `unread` */
  async freeze(): Promise<number> {
    return Number(await this.#order('/freeze'))
  }

  /** Number of routers that were not read whole since then. */
  async unread(sinceMs: number): Promise<number> {
    return Number(await this.#order(`/unread?since=${sinceMs}`))
  }

  /** Number of open connections. */
  async connected(): Promise<number> {
    return Number(await this.#order('/connected'))
  }

  /** Starts recording polls. */
  async begin(): Promise<void> {
    await this.#order('/begin')
  }

  async report(intervalMs: number): Promise<FleetReport> {
    return JSON.parse(await this.#order(`/report?interval=${intervalMs}`))
  }

  async truth(router: number): Promise<RouterTruth> {
    return JSON.parse(await this.#order(`/truth?router=${router}`))
  }

  /** The bytes that each router's whole replies carried. */
  async sums(): Promise<readonly Bytes[]> {
    return JSON.parse(await this.#order('/sums'))
  }

  async online(router: number): Promise<RouterOnline> {
    return JSON.parse(await this.#order(`/online?router=${router}`))
  }

  /** Starts a fault; `none` ends it. */
  async trouble(router: number, kind: Trouble): Promise<void> {
    await this.#order(`/trouble?router=${router}&kind=${kind}`)
  }

  async #order(order: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#controlPort}${order}`)
    return response.text()
  }
}
