import { AskedProcess } from '../../harness/fleet/asked-process.ts'
import type { HostileRequest } from './hostile-messages.ts'
import type { Misdeeds } from './hostile-router.ts'

/** The hostile router in a child process, so that its work does not slow down its victims. */
export class HostileProcess {
  readonly #process = new AskedProcess<HostileRequest>(new URL('hostile-child.ts', import.meta.url))

  /** @returns the port */
  start(): Promise<number> {
    this.#process.start()
    return this.#process.ask({ kind: 'start' })
  }

  /** @param into name of the kind from now on */
  async turn(into: string): Promise<void> {
    await this.#process.ask({ kind: 'turn', into })
  }

  misdeeds(): Promise<Misdeeds> {
    return this.#process.ask({ kind: 'misdeeds' })
  }

  stop(): Promise<void> {
    return this.#process.stop({ kind: 'stop' })
  }
}
