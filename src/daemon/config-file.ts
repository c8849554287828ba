import { isDeepStrictEqual } from 'node:util'
import { formatFaults } from '../config/check.ts'
import type { Config } from '../config/config.ts'
import type { EnvFile } from '../config/env-file.ts'
import type { Fault } from '../config/fault.ts'
import type { ConfigWarnings, LoadedWarned } from '../config/load-warned.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { isOutOfDescriptors, RAISE_DESCRIPTORS } from '../runtime/descriptors.ts'
import { isFailure } from '../runtime/failure.ts'
import { errorFields, type Logger, levelIn } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import { Nap } from '../runtime/nap.ts'
import { configStamp } from './config-stamp.ts'

/** The outcome of a reload. `failed`: the config could not be loaded or, without a fault, could not be applied. */
export type ReloadOutcome = 'applied' | 'faulty' | 'failed'

/** Counts the configs that were loaded. */
export interface ConfigFileObserver {
  reloaded(outcome: ReloadOutcome): void
}

export interface ConfigFileOptions {
  readonly file: string
  /** The patterns of included files, as the daemon was started with them. */
  readonly include: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Its variables are in `env`. It is read again before each load. */
  readonly envFile: Pick<EnvFile, 'path' | 'read'>
  /**
   * Loads the config; a large one takes long. Resolves to `undefined` if the signal aborts. Rejects with a `Failure` if
   * the config cannot be loaded for now.
   */
  readonly load: (
    file: string,
    env: NodeJS.ProcessEnv,
    signal: AbortSignal,
  ) => Promise<LoadedWarned | undefined>
  /**
   * Called with each changed config without faults. Resolves to the keys whose change requires a restart. Rejects with a
   * `Failure` if the config cannot be applied for now.
   */
  readonly apply: (config: Config) => Promise<readonly string[]>
  readonly observer: ConfigFileObserver
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** How often the files are checked. They are loaded once they are the same at two checks, so never half written. */
const LOOK_EVERY_MS = 1_000

/** The level of the log: from the config or, if it has none, from the environment. */
export function logLevelOf({ log }: Config, env: NodeJS.ProcessEnv): string {
  return log.level ?? levelIn(env)
}

/** At most this many places are logged, so that no config makes the line too long. */
const MOST_NAMED = 20

/** Logs what is no fault of a config, and probably a mistake. */
export function warnOf({ shared, unmatched }: ConfigWarnings, log: Logger): void {
  const warn = (found: readonly Fault[], message: string) => {
    if (found.length > 0) log.warn({ count: found.length, at: namedPlaces(found) }, message)
  }
  warn(shared, 'a router is in the config twice')
  warn(unmatched, 'an include of the config matches no file')
}

function namedPlaces(found: readonly Fault[]): string {
  return formatFaults(found.slice(0, MOST_NAMED))
}

/**
 * The files of the config of a running daemon, and its `.env`: loads them again when one changes, comes or goes, and at
 * SIGHUP.
 */
export class ConfigFile implements Component {
  readonly #options: ConfigFileOptions
  #isApplied = true
  #isUnloaded = false
  /** A config without faults that could not be applied. It is tried again at each check. */
  #owed: Config | undefined
  #appliedAt: Date
  #include: readonly string[]
  #seen: string | undefined
  /** Why `.env` could not be read. */
  #envTrouble: string | undefined
  #files = 1
  readonly #nap: Nap
  readonly #loop: Loop

  constructor(options: ConfigFileOptions) {
    this.#options = options
    this.#include = options.include
    this.#appliedAt = options.clock.now()
    this.#nap = new Nap(options.clock)
    this.#loop = new Loop(signal => this.#watch(signal), options.onBug)
  }

  /** Whether the config that was last loaded is in use, when the one in use was applied, and how many files it has. */
  get state(): { readonly isApplied: boolean; readonly appliedAt: Date; readonly files: number } {
    return { isApplied: this.#isApplied, appliedAt: this.#appliedAt, files: this.#files }
  }

  /** Notes the files as they were just loaded, so that a change during the daemon's start is noticed later. */
  async note(): Promise<void> {
    this.#seen = await this.#stamp()
  }

  /**
   * Starts watching the file. A config with faults is logged and ignored. One that cannot be applied for now is tried
   * again until it can be.
   */
  start(): void {
    this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const onHangup = () => this.#nap.wake()
    process.on('SIGHUP', onHangup)
    try {
      let before = this.#seen
      while (!signal.aborted) {
        const isAsked = await this.#nap.sleep(LOOK_EVERY_MS, signal)
        const stamp = await this.#stamp()
        // A missing file is being replaced.
        const isSettled = stamp !== undefined && stamp === before
        before = stamp
        if (signal.aborted) break
        if (isAsked || (isSettled && stamp !== this.#seen)) {
          this.#seen = stamp
          await this.#reload(signal)
        } else if (this.#owed) await this.#apply(this.#owed)
      }
    } finally {
      process.off('SIGHUP', onHangup)
    }
  }

  async #reload(signal: AbortSignal): Promise<void> {
    const { env, log } = this.#options
    const loaded = await this.#loadSeen(signal)
    if (!loaded) return
    if (loaded.kind === 'faulty') {
      const faults = [...(this.#envTrouble ? [this.#envTrouble] : []), formatFaults(loaded.faults)].join('\n')
      log.error({ faults }, 'config not reloaded: it has faults')
      this.#owed = undefined
      this.#report('faulty')
      return
    }
    log.level = logLevelOf(loaded.config, env)
    warnOf(loaded, log)
    await this.#apply(loaded.config)
  }

  /** Loads it. If it includes other files than before, loads it again: changes of those were not looked for until now. */
  async #loadSeen(signal: AbortSignal): Promise<LoadedWarned | undefined> {
    const loaded = await this.#tryLoading(signal)
    const include = loaded?.kind === 'loaded' ? loaded.config.include : loaded?.include
    if (include === undefined || isDeepStrictEqual(include, this.#include)) return loaded
    this.#include = include
    this.#seen = await this.#stamp()
    return this.#tryLoading(signal)
  }

  /** @returns `undefined` if it was not loaded. The next check tries again, unless the signal aborted */
  async #tryLoading(signal: AbortSignal): Promise<LoadedWarned | undefined> {
    const { file, env, envFile, load, log } = this.#options
    try {
      this.#envTrouble = envFile.read()
      const loaded = await load(file, env, signal)
      this.#isUnloaded = false
      return loaded
    } catch (error) {
      const isOut = isOutOfDescriptors(error)
      if (!isOut && !isFailure(error)) throw error
      const why = isOut ? { advice: RAISE_DESCRIPTORS } : { err: errorFields(error) }
      if (!this.#isUnloaded) log.error(why, 'config not loaded yet')
      this.#isUnloaded = true
      this.#seen = undefined
      this.#report('failed')
      return undefined
    }
  }

  async #apply(config: Config): Promise<void> {
    const { apply, log } = this.#options
    try {
      const restartNeeded = await apply(config)
      this.#owed = undefined
      this.#report('applied')
      log.info({ tenants: config.tenants.length }, 'config reloaded')
      if (restartNeeded.length > 0) log.warn({ keys: restartNeeded }, 'a restart is needed for these keys')
    } catch (error) {
      if (!isFailure(error)) throw error
      if (!this.#owed) log.error({ err: errorFields(error) }, 'config not reloaded yet')
      this.#owed = config
      this.#report('failed')
    }
  }

  #report(outcome: ReloadOutcome): void {
    const { observer, clock } = this.#options
    this.#isApplied = outcome === 'applied'
    if (this.#isApplied) this.#appliedAt = clock.now()
    observer.reloaded(outcome)
  }

  async #stamp(): Promise<string | undefined> {
    const { file, envFile } = this.#options
    const stamp = await configStamp(file, envFile.path, this.#include)
    if (stamp) this.#files = stamp.files
    return stamp?.text
  }
}
