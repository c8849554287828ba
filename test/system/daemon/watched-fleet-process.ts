import { AskedProcess } from '../../harness/fleet/asked-process.ts'
import type {
  SeenRouter,
  SessionAccount,
  Visits,
  WatchedFleetRequest,
  WatchedFleetSize,
} from './watched-fleet-messages.ts'

/** A watched fleet in a separate process, so that what looks at it does not slow it down. */
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

  /** Lets subscribers come and go from now on. */
  async churn(perSecond: number): Promise<void> {
    await this.#process.ask({ kind: 'churn', perSecond })
  }

  async stopChurn(): Promise<void> {
    await this.#process.ask({ kind: 'stop churn' })
  }

  /** Changes the password of the daemon's user on these routers. */
  async changePassword(routers: readonly string[], password: string): Promise<void> {
    await this.#process.ask({ kind: 'change password', routers, password })
  }

  /** Routers by identity. */
  async routers(): Promise<ReadonlyMap<string, SeenRouter>> {
    const routers: readonly SeenRouter[] = await this.#process.ask({ kind: 'routers' })
    return new Map(routers.map(router => [router.identity, router]))
  }

  visits(): Promise<readonly Visits[]> {
    return this.#process.ask({ kind: 'visits' })
  }

  /** The fleet's account of what was carried, session by session. */
  account(): Promise<readonly SessionAccount[]> {
    return this.#process.ask({ kind: 'account' })
  }
}
