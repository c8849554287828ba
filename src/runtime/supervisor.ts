import { execFile } from 'node:child_process'

/** Tells the supervisor, systemd or PM2, how the daemon is doing; does nothing where there is none. */
export class Supervisor {
  readonly #env: NodeJS.ProcessEnv

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
  }

  ready(): void {
    this.#systemd('--ready')
    // PM2's `wait_ready`: there is a channel only where the parent opened one.
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

  /** By systemd's own program, since Node has no datagram sockets for its address. */
  #systemd(...words: readonly string[]): void {
    const env = this.#env
    if (env['NOTIFY_SOCKET'] === undefined) return
    execFile('systemd-notify', [`--pid=${process.pid}`, ...words], { env, timeout: 5_000 }, () => {})
  }
}
