import { stat } from 'node:fs/promises'
import { formatFaults } from './config/check.ts'
import type { Config } from './config/config.ts'
import { loadConfig } from './config/load.ts'
import type { Clock } from './runtime/clock.ts'
import { isFailure } from './runtime/failure.ts'
import { errorFields, type Logger } from './runtime/logger.ts'

export interface ConfigFileOptions {
  readonly file: string
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly log: Logger
}

/** How often the file is looked at. */
const LOOK_EVERY_MS = 2_000

/** The config file of a running daemon: loaded again when it changed, and at SIGHUP. */
export class ConfigFile {
  readonly #options: ConfigFileOptions

  constructor(options: ConfigFileOptions) {
    this.#options = options
  }

  /**
   * Hands on each config that the file holds from now on, until the signal aborts. One with faults is logged and
   * passed over, and so is one that can't be applied, which is tried again with the next.
   * @param apply resolves to the keys whose change takes a restart
   */
  async watch(apply: (config: Config) => Promise<readonly string[]>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    let wake = new AbortController()
    let isAsked = false
    const rouse = () => wake.abort()
    const onHangup = () => {
      isAsked = true
      rouse()
    }
    process.on('SIGHUP', onHangup)
    signal.addEventListener('abort', rouse)
    try {
      let seen = await this.#stamp()
      while (!signal.aborted) {
        wake = new AbortController()
        if (!isAsked) await clock.sleep(LOOK_EVERY_MS, wake.signal)
        const stamp = await this.#stamp()
        // A file that is gone is being replaced.
        if (signal.aborted || (!isAsked && (stamp === seen || stamp === undefined))) continue
        isAsked = false
        seen = stamp
        await this.#reload(apply)
      }
    } finally {
      process.off('SIGHUP', onHangup)
      signal.removeEventListener('abort', rouse)
    }
  }

  async #reload(apply: (config: Config) => Promise<readonly string[]>): Promise<void> {
    const { file, env, log } = this.#options
    const loaded = loadConfig(file, env)
    if (loaded.kind === 'faulty') {
      log.error({ faults: formatFaults(loaded.faults) }, 'config not reloaded: it has faults')
      return
    }
    try {
      const restartNeeded = await apply(loaded.config)
      log.info({ tenants: loaded.config.tenants.length }, 'config reloaded')
      if (restartNeeded.length > 0) log.warn({ keys: restartNeeded }, 'a restart is needed for these keys')
    } catch (error) {
      if (!isFailure(error)) throw error
      log.error({ err: errorFields(error) }, 'config not reloaded')
    }
  }

  async #stamp(): Promise<string | undefined> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#options.file)
      return `${mtimeMs} ${size} ${ino}`
    } catch {
      return undefined
    }
  }
}
