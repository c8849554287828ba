import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DaemonProcess } from '../../system/daemon/daemon-process.ts'
import { type DaemonName, readerOf } from './daemon-config.ts'

const START_WITHIN_MS = 90_000
const BETWEEN_STARTS_MS = 500
const ANSWERED_WITHIN_MS = 2_000

/** A daemon that is restarted when it ends, as by a supervisor, until it is stopped. */
export class SupervisedDaemon {
  readonly name: DaemonName
  readonly configFile: string
  readonly logFile: string
  /** Reasons of ends that were not requested. */
  readonly failures: string[] = []
  readonly #cli: string
  #process: DaemonProcess | undefined
  #starting: Promise<void> = Promise.resolve()
  #isWanted = false
  #refusals = 0

  /** @param cli the built one */
  constructor(name: DaemonName, folder: string, cli: string) {
    this.#cli = cli
    this.name = name
    this.configFile = join(folder, `daemon-${name}.yaml`)
    this.logFile = join(folder, `daemon-${name}.log`)
  }

  /** The user as which it reads routers. */
  get reader(): string {
    return readerOf(this.name)
  }

  get isRunning(): boolean {
    return this.#process?.isRunning ?? false
  }

  /** Number of failed starts, for example without a database. */
  get refusals(): number {
    return this.#refusals
  }

  /** Resolves when it is running, however many attempts it takes. */
  start(): Promise<void> {
    this.#isWanted = true
    this.#starting = this.#startUntilItRuns()
    return this.#starting
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Stops it in order. @returns the exit code, or the signal that ended it */
  async stop(): Promise<number | NodeJS.Signals | null> {
    return this.#end('SIGTERM')
  }

  pause(): void {
    this.#process?.signal('SIGSTOP')
  }

  resume(): void {
    this.#process?.signal('SIGCONT')
  }

  /** Whether its journal has everything that waits for the database. A daemon that does not run keeps none. */
  async keepsItsJournal(): Promise<boolean> {
    if (!this.#process?.isRunning) return true
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#process.port}/readyz`, {
        signal: AbortSignal.timeout(ANSWERED_WITHIN_MS),
      })
      const { journal } = (await answer.json()) as { journal?: string }
      return journal === 'writing'
    } catch {
      // It is paused, or ends.
      return false
    }
  }

  /** Makes it reload its config. */
  hangUp(): void {
    this.#process?.signal('SIGHUP')
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | NodeJS.Signals | null> {
    this.#isWanted = false
    await this.#starting.catch(() => {})
    const code = await this.#process?.end(signal)
    this.#process = undefined
    return code ?? null
  }

  async #startUntilItRuns(): Promise<void> {
    const untilMs = performance.now() + START_WITHIN_MS
    while (this.#isWanted) {
      try {
        this.#process = await DaemonProcess.start(this.configFile, this.logFile, {}, [this.#cli])
        this.#watch(this.#process)
        return
      } catch (error) {
        this.#refusals++
        if (performance.now() > untilMs) throw error
        await sleep(BETWEEN_STARTS_MS)
      }
    }
  }

  #watch(daemon: DaemonProcess): void {
    void daemon.ended.then(code => {
      if (!this.#isWanted || this.#process !== daemon) return
      this.failures.push(`daemon ${this.name} ended with ${code} at ${new Date().toISOString()}`)
      this.#starting = this.#startUntilItRuns().catch(error => {
        this.failures.push(`daemon ${this.name} does not start: ${String(error).split('\n', 1)}`)
      })
    })
  }
}
