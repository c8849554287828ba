import { AskedProcess } from '../../harness/fleet/asked-process.ts'
import type {
  FleetAccount,
  FleetRequest,
  FleetSubscriber,
  ListedRouter,
  Since,
  Unread,
  UnsafeGap,
} from './fleet-messages.ts'
import type { PlannedRouterFault } from './plan.ts'

/** The fleet in a child process, so that faults of a daemon do not affect it. */
export class FleetProcess {
  readonly #process = new AskedProcess<FleetRequest>(new URL('fleet-child.ts', import.meta.url))

  async start(of: { seed: number; routers: number; hasLies: boolean }): Promise<readonly ListedRouter[]> {
    this.#process.start()
    return this.#process.ask({ kind: 'start', ...of })
  }

  stop(): Promise<void> {
    return this.#process.stop({ kind: 'stop' })
  }

  async churn(perSecond: number): Promise<void> {
    await this.#process.ask({ kind: 'churn', perSecond })
  }

  /** Resolves when the fault is over. */
  async inject(fault: PlannedRouterFault): Promise<void> {
    await this.#process.ask({ kind: 'inject', fault })
  }

  /** From now on no session begins, ends or is reset. */
  async freeze(): Promise<void> {
    await this.#process.ask({ kind: 'freeze' })
  }

  /** Ends all lies. */
  async stopLying(): Promise<void> {
    await this.#process.ask({ kind: 'stop lying' })
  }

  /** Each router churns again once it has been read after `afterMs`. */
  async thaw(afterMs: number): Promise<void> {
    await this.#process.ask({ kind: 'thaw', afterMs })
  }

  /** Marks a router that no daemon should read now. */
  async excuse(router: string, isExcused: boolean): Promise<void> {
    await this.#process.ask({ kind: 'excuse', router, isExcused })
  }

  unread(since: Since): Promise<Unread> {
    return this.#process.ask({ kind: 'unread', since })
  }

  /** The last reader of each router, a user name. */
  async readers(): Promise<ReadonlyMap<string, string>> {
    const readers: Record<string, string> = await this.#process.ask({ kind: 'readers' })
    return new Map(Object.entries(readers))
  }

  account(gaps: readonly UnsafeGap[]): Promise<FleetAccount> {
    return this.#process.ask({ kind: 'account', gaps })
  }

  /** Everything known about some subscribers, as JSON, to explain a difference. */
  async explain(subscribers: readonly FleetSubscriber[], gaps: readonly UnsafeGap[]): Promise<string> {
    return JSON.stringify(await this.#process.ask({ kind: 'explain', subscribers, gaps }))
  }
}
