import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../../../src/postgres/free-port.ts'
import { BuiltDaemon } from './built-daemon.ts'
import { configText, type Terms } from './config.ts'

/** What one of a stage's daemons has of its own. */
export interface DaemonTerms {
  /** Keys of its config that override the usual ones and the stage's. */
  readonly more: Readonly<Record<string, unknown>>
  /** Whether it starts after the others, so that they have everything first. */
  readonly isLast: boolean
}

export const NOTHING_OWN: DaemonTerms = { more: {}, isLast: false }

/** The config of all daemons of a stage. */
export type SharedTerms = Omit<Terms, 'port' | 'journalFolder'>

/** One of a stage's daemons, with a config, log, journal and port of its own. */
export class StagedDaemon {
  readonly terms: DaemonTerms
  readonly #folder: string
  readonly #name: string
  #port = 0
  #process: BuiltDaemon | undefined

  /** @param number its own among the stage's daemons */
  constructor(folder: string, number: number, terms: DaemonTerms) {
    this.terms = terms
    this.#folder = folder
    this.#name = `tikmeter-${number}`
  }

  get logFile(): string {
    return join(this.#folder, `${this.#name}.log`)
  }

  get journalFolder(): string {
    return join(this.#folder, `${this.#name}-journal`)
  }

  get process(): BuiltDaemon {
    if (!this.#process) throw new Error(`${this.#name} was not started`)
    return this.#process
  }

  /** Resolves when it is ready. */
  async start(cli: string, nodeFlags: readonly string[], terms: SharedTerms): Promise<void> {
    this.#port = await freePort()
    await this.writeConfig(terms)
    this.#process = await BuiltDaemon.start({
      ...{ cli, nodeFlags, port: this.#port, configFile: this.#configFile, logFile: this.logFile },
    })
  }

  /** Writes the config. The daemon notices a changed file by itself. */
  async writeConfig(terms: SharedTerms): Promise<void> {
    const { journalFolder } = this
    const more = { ...terms.more, ...this.terms.more }
    const text = configText({ ...terms, more, port: this.#port, journalFolder })
    await writeFile(`${this.#configFile}.new`, text, { mode: 0o600 })
    await rename(`${this.#configFile}.new`, this.#configFile)
  }

  /** Ends it if it runs. */
  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL')
  }

  get #configFile(): string {
    return join(this.#folder, `${this.#name}.yaml`)
  }
}
