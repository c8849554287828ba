import { execFile } from 'node:child_process'
import type { Clock } from './clock.ts'

/** Tells the supervisor, systemd or PM2, how the daemon is doing; does nothing where there is none. */
export class Supervisor {
  readonly #env: NodeJS.ProcessEnv
  readonly #clock: Clock

  constructor(options: { env: NodeJS.ProcessEnv; clock: Clock }) {
    this.#env = options.env
    this.#clock = options.clock
  }

  ready(): void {
    this.#systemd('--ready')
    // PM2's `wait_ready`: there is a channel only where the parent opened one.
    process.send?.('ready')
  }

  stopping(): void {
    this.#systemd('--stopping')
  }

  /** Pets systemd's watchdog at half its time, from the event loop, which is what it watches. */
  async watch(signal: AbortSignal): Promise<void> {
    const watchdogUs = Number(this.#env['WATCHDOG_USEC'] ?? 0)
    if (!(watchdogUs > 0)) return
    while (!signal.aborted) {
      this.#systemd('WATCHDOG=1')
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
