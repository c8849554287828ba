import { execFile } from 'node:child_process'

/** Reports the daemon's state to its supervisor, systemd or PM2. Does nothing if there is none. */
export class Supervisor {
  readonly #env: NodeJS.ProcessEnv

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
  }

  ready(): void {
    this.#systemd('--ready')
    // For PM2's `wait_ready`. There is a channel only if the parent opened one.
    process.send?.('ready')
  }

  stopping(): void {
    this.#systemd('--stopping')
  }

  /** Milliseconds after which the watchdog has to be fed again; `undefined` if there is no watchdog. */
  get watchdogMs(): number | undefined {
    const watchdogUs = Number(this.#env['WATCHDOG_USEC'] ?? 0)
    return watchdogUs > 0 ? watchdogUs / 1_000 : undefined
  }

  feedWatchdog(): void {
    this.#systemd('WATCHDOG=1')
  }

  /** Uses systemd's program, because Node has no Unix datagram sockets. */
  #systemd(...words: readonly string[]): void {
    const env = this.#env
    if (env['NOTIFY_SOCKET'] === undefined) return
    execFile('systemd-notify', [`--pid=${process.pid}`, ...words], { env, timeout: 5_000 }, () => {})
  }
}
