import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type {
  FleetAccount,
  FleetAnswer,
  FleetRequest,
  FleetSubscriber,
  ListedRouter,
  NumberedRequest,
  Since,
  Unread,
  UnsafeGap,
} from './fleet-messages.ts'
import type { PlannedRouterFault } from './plan.ts'

const STOP_WITHIN_MS = 5_000

interface Waiting {
  readonly resolve: (json: string) => void
  readonly reject: (error: Error) => void
}

/** The fleet in a process of its own, so that a daemon's trouble is none of its. */
export class FleetProcess {
  readonly #waiting = new Map<number, Waiting>()
  #child: ChildProcess | undefined
  #asked = 0

  async start(of: { seed: number; routers: number }): Promise<readonly ListedRouter[]> {
    // Ctrl-C is for the parent, who then stops it.
    const child = fork(fileURLToPath(new URL('fleet-child.ts', import.meta.url)), {
      ...{ execArgv: ['--import', 'tsx'], detached: true },
    })
    child.on('message', text => this.#take(JSON.parse(String(text))))
    child.once('exit', code => this.#lose(new Error(`the fleet's process ended with ${code}`)))
    this.#child = child
    return JSON.parse(await this.#ask({ kind: 'start', ...of }))
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child?.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
    // It may end before it has answered.
    await this.#ask({ kind: 'stop' }).catch(() => {})
    await ended
    clearTimeout(late)
  }

  async churn(perSecond: number): Promise<void> {
    await this.#ask({ kind: 'churn', perSecond })
  }

  /** Resolves when the router is well again. */
  async inject(fault: PlannedRouterFault): Promise<void> {
    await this.#ask({ kind: 'inject', fault })
  }

  /** From now on no session begins, ends or is reset. */
  async freeze(): Promise<void> {
    await this.#ask({ kind: 'freeze' })
  }

  /** Each router churns again once it has been read after `afterMs`. */
  async thaw(afterMs: number): Promise<void> {
    await this.#ask({ kind: 'thaw', afterMs })
  }

  /** A router that no daemon is to read right now. */
  async excuse(router: string, isExcused: boolean): Promise<void> {
    await this.#ask({ kind: 'excuse', router, isExcused })
  }

  async unread(since: Since): Promise<Unread> {
    return JSON.parse(await this.#ask({ kind: 'unread', since }))
  }

  /** By router, the user who read it the last time. */
  async readers(): Promise<ReadonlyMap<string, string>> {
    const readers: Record<string, string> = JSON.parse(await this.#ask({ kind: 'readers' }))
    return new Map(Object.entries(readers))
  }

  async account(gaps: readonly UnsafeGap[]): Promise<FleetAccount> {
    return JSON.parse(await this.#ask({ kind: 'account', gaps }))
  }

  /** All that is known of some subscribers, as JSON for somebody who looks for a difference. */
  explain(subscribers: readonly FleetSubscriber[], gaps: readonly UnsafeGap[]): Promise<string> {
    return this.#ask({ kind: 'explain', subscribers, gaps })
  }

  #ask(request: FleetRequest): Promise<string> {
    const child = this.#child
    if (!child?.connected) return Promise.reject(new Error('the fleet is not running'))
    const numbered: NumberedRequest = { id: ++this.#asked, request }
    return new Promise((resolve, reject) => {
      this.#waiting.set(numbered.id, { resolve, reject })
      child.send(JSON.stringify(numbered))
    })
  }

  #take(answer: FleetAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.kind === 'done') waiting?.resolve(answer.json)
    else waiting?.reject(new Error(answer.message))
  }

  #lose(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
