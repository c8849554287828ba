import { execFile } from 'node:child_process'
import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'

/** What can be found to go on no more. */
interface Work {
  readonly isStuck: boolean
}

/** Tells the supervisor, systemd or PM2, how the daemon is doing; does nothing where there is none. */
export class Supervisor {
  readonly #env: NodeJS.ProcessEnv
  readonly #clock: Clock
  readonly #log: Logger

  constructor(options: { env: NodeJS.ProcessEnv; clock: Clock; log: Logger }) {
    this.#env = options.env
    this.#clock = options.clock
    this.#log = options.log
  }

  ready(): void {
    this.#systemd('--ready')
    // PM2's `wait_ready`: there is a channel only where the parent opened one.
    process.send?.('ready')
  }

  stopping(): void {
    this.#systemd('--stopping')
  }

  /**
   * Feeds systemd's watchdog at half its time, from the event loop, for as long as the work goes on; a daemon that
   * only lives is to be ended and started anew.
   * @param parts what has to go on, by name
   */
  async watch(parts: Readonly<Record<string, Work>>, signal: AbortSignal): Promise<void> {
    const watchdogUs = Number(this.#env['WATCHDOG_USEC'] ?? 0)
    if (!(watchdogUs > 0)) return
    while (!signal.aborted) {
      const stuck = Object.keys(parts).filter(name => parts[name]?.isStuck)
      if (stuck.length === 0) this.#systemd('WATCHDOG=1')
      else this.#log.error({ stuck }, 'the watchdog is not fed: work does not go on')
      await this.#clock.sleep(watchdogUs / 2_000, signal)
    }
  }

  /** By systemd's own program, since Node has no datagram sockets for its address. */
  #systemd(...words: readonly string[]): void {
    const env = this.#env
    if (env['NOTIFY_SOCKET'] === undefined) return
    execFile('systemd-notify', [`--pid=${process.pid}`, ...words], { env, timeout: 5_000 }, () => {})
  }
}
