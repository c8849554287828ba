import { AskedProcess } from '../../harness/fleet/asked-process.ts'
import type {
  SeenRouter,
  SessionAccount,
  Visits,
  WatchedFleetRequest,
  WatchedFleetSize,
} from './watched-fleet-messages.ts'

/** A watched fleet in a process of its own, so that whoever looks at it does not hold it up. */
export class WatchedFleetProcess {
  readonly #process = new AskedProcess<WatchedFleetRequest>(
    new URL('watched-fleet-child.ts', import.meta.url),
  )

  start(size: WatchedFleetSize): Promise<readonly SeenRouter[]> {
    this.#process.start()
    return this.#process.ask({ kind: 'start', ...size })
  }

  stop(): Promise<void> {
    return this.#process.stop({ kind: 'stop' })
  }

  /** Subscribers come and go from now on. */
  async churn(perSecond: number): Promise<void> {
    await this.#process.ask({ kind: 'churn', perSecond })
  }

  async stopChurn(): Promise<void> {
    await this.#process.ask({ kind: 'stop churn' })
  }

  /** Of the daemon's user there. */
  async changePassword(routers: readonly string[], password: string): Promise<void> {
    await this.#process.ask({ kind: 'change password', routers, password })
  }

  /** By identity. */
  async routers(): Promise<ReadonlyMap<string, SeenRouter>> {
    const routers: readonly SeenRouter[] = await this.#process.ask({ kind: 'routers' })
    return new Map(routers.map(router => [router.identity, router]))
  }

  visits(): Promise<readonly Visits[]> {
    return this.#process.ask({ kind: 'visits' })
  }

  /** What the fleet's books have, session by session. */
  account(): Promise<readonly SessionAccount[]> {
    return this.#process.ask({ kind: 'account' })
  }
}
