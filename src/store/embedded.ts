import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../runtime/clock.ts'
import { Stopping } from '../runtime/lifecycle.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { findBinaries } from './embedded-binaries.ts'
import { Cluster } from './embedded-cluster.ts'
import { AnotherDaemon, EmbeddedError, PostgresFailed } from './embedded-errors.ts'
import { makeHome } from './embedded-home.ts'
import { isUsedByDaemon, makeDatabase, waitUntilReady } from './embedded-session.ts'
import { freePort } from './free-port.ts'

export interface EmbeddedOptions {
  /** `database.directory` of the config. */
  readonly directory: string
  readonly log: Logger
  readonly clock: Clock
}

const WATCH_MS = 1_000
const ATTEMPTS = 5
/** Children of a killed server hold its memory until they notice. */
const BETWEEN_ATTEMPTS_MS = 1_000
/** Connections of a killed daemon are gone when their backends notice. */
const DAEMON_GONE_MS = 3_000

/**
 * A PostgreSQL of our own, for who has none: made in `directory` the first time, found again later, and kept
 * running. It is a process that outlives ours:
 *
 *     we are killed       it runs on; the next start takes it over
 *     it is killed        it is started again on the same port, so that pools connect again
 *     both are killed     the next start starts it, and it recovers
 */
export class EmbeddedPostgres {
  readonly #options: EmbeddedOptions
  readonly #abort = new AbortController()
  /** Whose server is to be stopped: one that we started, or took over. */
  #cluster: Cluster | undefined
  #starting: Promise<unknown> | undefined
  #watch: Promise<void> | undefined

  constructor(options: EmbeddedOptions) {
    this.#options = options
  }

  /**
   * @returns where to connect; the URL carries the password
   * @throws EmbeddedError; Stopping where it was stopped before it was up
   */
  start(): Promise<{ url: string }> {
    const { signal } = this.#abort
    const starting = this.#start(signal).catch((error: unknown) => {
      throw signal.aborted ? new Stopping() : error
    })
    this.#starting = starting.catch(() => {})
    return starting
  }

  /** Stops the server too, also one that is still starting. Whoever uses the database is to be stopped before. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#starting
    await this.#watch
    await this.#cluster?.stop()
    this.#cluster = undefined
  }

  async #start(signal: AbortSignal): Promise<{ url: string }> {
    const { directory, log } = this.#options
    signal.throwIfAborted()
    const home = await makeHome(directory, log)
    const cluster = new Cluster(home, await findBinaries(home.folder, home.account))
    await cluster.initialise(signal)
    const { port, isFound } = await this.#serve(cluster, signal)
    const adminUrl = await cluster.url(port, 'postgres')
    if (isFound) {
      if (await isUsedByDaemon(adminUrl, DAEMON_GONE_MS, signal)) throw new AnotherDaemon(directory)
      signal.throwIfAborted()
    }
    this.#cluster = cluster
    await makeDatabase(adminUrl, 'tikmeter')
    signal.throwIfAborted()
    log.info(
      { folder: home.folder, user: home.account?.name, port, found: isFound },
      'embedded postgres is up',
    )
    this.#watch = this.#keepRunning(cluster, port, signal)
    return { url: await cluster.url(port, 'tikmeter') }
  }

  /** Takes over the server that runs, or starts one on a free port. */
  async #serve(cluster: Cluster, signal: AbortSignal): Promise<{ port: number; isFound: boolean }> {
    for (let attempt = 1; ; attempt++) {
      try {
        const running = await cluster.postmaster()
        if (running) {
          await waitUntilReady(await cluster.url(running.port, 'postgres'), signal)
          return { port: running.port, isFound: true }
        }
        const port = await freePort()
        await cluster.start(port, signal)
        return { port, isFound: false }
      } catch (error) {
        // Another process can have taken the port, or have started or stopped the server just now.
        if (error instanceof EmbeddedError && !error.retryable) throw error
        if (attempt === ATTEMPTS) throw asEmbeddedError(error)
        await delay(BETWEEN_ATTEMPTS_MS, undefined, { signal })
      }
    }
  }

  async #keepRunning(cluster: Cluster, port: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    let failures = 0
    while (!signal.aborted) {
      await clock.sleep(WATCH_MS, signal)
      if (signal.aborted || (await cluster.postmaster())) continue
      if (failures === 0) log.error('embedded postgres is gone: starting it again')
      try {
        await cluster.start(port, signal)
        failures = 0
        log.info('embedded postgres is back')
      } catch (error) {
        if (signal.aborted) return
        failures++
        if (failures === ATTEMPTS)
          log.error({ err: errorFields(error), failures }, 'embedded postgres does not start again')
      }
    }
  }
}

function asEmbeddedError(error: unknown): EmbeddedError {
  if (error instanceof EmbeddedError) return error
  return new PostgresFailed(
    'PostgreSQL does not answer',
    error instanceof Error ? error.message : String(error),
  )
}
