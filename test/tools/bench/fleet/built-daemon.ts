import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_WITHIN_MS = 300_000
const ASK_EVERY_MS = 250

/** The compiled daemon in a child process. Its log goes directly to a file, because passing it on would cost CPU. */
export class BuiltDaemon {
  readonly #child: ChildProcess
  readonly port: number
  readonly #startedMs = performance.now()

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  /** Resolves when it reports that it is ready. @param port the port in its config */
  static async start(is: {
    nodeFlags: readonly string[]
    cli: string
    configFile: string
    logFile: string
    port: number
  }): Promise<BuiltDaemon> {
    const log = openSync(is.logFile, 'a')
    const child = spawn(process.execPath, [...is.nodeFlags, is.cli, 'run', '--config', is.configFile], {
      stdio: ['ignore', log, log],
      // Ctrl-C goes only to the parent, which then stops it in order.
      detached: true,
    })
    closeSync(log)
    const daemon = new BuiltDaemon(child, is.port)
    const untilMs = performance.now() + READY_WITHIN_MS
    for (let isReady = false; !isReady; ) {
      isReady = await daemon.#isReady()
      // Another program may have answered: the one whose port it could not get.
      if (!daemon.isRunning) throw new Error(`the daemon ended with ${child.exitCode}: see ${is.logFile}`)
      if (performance.now() > untilMs) {
        await daemon.end('SIGKILL')
        throw new Error(`the daemon did not get ready: see ${is.logFile}`)
      }
      if (!isReady) await sleep(ASK_EVERY_MS)
    }
    return daemon
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Seconds since its start. */
  get upSeconds(): number {
    return (performance.now() - this.#startedMs) / 1000
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Reads `/metrics`. With thousands of routers that costs the daemon a moment, so do not call it all the time. */
  async metrics(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}/metrics`)
    return response.text()
  }

  /** @returns the exit code, `null` if the signal ended it */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.isRunning) {
      const ended = once(this.#child, 'exit')
      this.#child.kill(signal)
      await ended
    }
    return this.#child.exitCode
  }

  async #isReady(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  }
}
