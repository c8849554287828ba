import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../runtime/clock.ts'
import { lackOfDescriptors } from '../runtime/descriptors.ts'
import { Stopping } from '../runtime/lifecycle.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { findBinaries } from './binaries.ts'
import { Cluster } from './cluster.ts'
import { AnotherDaemon, EmbeddedError, PostgresFailed, SocketRefused } from './errors.ts'
import { type Home, makeHome } from './home.ts'
import { HAS_SOCKETS, type Listening, newListening } from './listening.ts'
import { daemonUrl } from './password.ts'
import { ownedDatabase } from './role.ts'
import { isUsedByDaemon, waitUntilReady } from './session.ts'

export interface EmbeddedOptions {
  /** `database.directory` of the config. */
  readonly directory: string
  readonly log: Logger
  readonly clock: Clock
}

/** Where the server listens, and whether it was running already. */
interface Served {
  readonly listening: Listening
  readonly isFound: boolean
}

const WATCH_MS = 1_000
const ATTEMPTS = 5
/** Children of a killed server hold its memory until they notice that it is gone. */
const BETWEEN_ATTEMPTS_MS = 1_000
/** Backends take a moment to notice that a killed daemon's connections are gone. */
const DAEMON_GONE_MS = 3_000

/**
 * A PostgreSQL for users who have none: created in `directory` the first time, found again later, and kept running. Its
 * process outlives ours:
 *
 *     we are killed       it runs on; the next start takes it over
 *     it is killed        it is restarted on the same socket, so that pools reconnect
 *     both are killed     the next start starts it, and it recovers
 *
 * The main file of `postgres/`: a directory goes in; the URL of a running database comes out. The folder imports
 * `runtime/`, and knows no table.
 */
export class EmbeddedPostgres {
  readonly #options: EmbeddedOptions
  readonly #abort = new AbortController()
  /** The server to be stopped: one that we started or took over. */
  #cluster: Cluster | undefined
  #starting: Promise<unknown> | undefined
  #watch: Promise<void> | undefined

  constructor(options: EmbeddedOptions) {
    this.#options = options
  }

  /**
   * @returns the connection URL, which contains the password
   * @throws EmbeddedError; Stopping if it was stopped before it was up
   */
  start(): Promise<{ url: string }> {
    const { signal } = this.#abort
    const starting = this.#start(signal).catch((error: unknown) => {
      throw signal.aborted ? new Stopping() : error
    })
    this.#starting = starting.catch(() => {})
    return starting
  }

  /** Stops the server, also one that is still starting. Stop everything that uses the database first. */
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
    const { listening, isFound } = await this.#serve(home, cluster, signal)
    this.#cluster = cluster
    const url = await ownedDatabase(home, listening)
    signal.throwIfAborted()
    log.info(
      { folder: home.folder, user: home.account?.name, listening, found: isFound },
      'embedded postgres is up',
    )
    this.#watch = this.#keepRunning(cluster, listening, signal)
    return { url }
  }

  /** Takes over a running server, or starts one. */
  async #serve(home: Home, cluster: Cluster, signal: AbortSignal): Promise<Served> {
    let isHomeRefused = false
    for (let attempt = 1; ; attempt++) {
      try {
        const running = await cluster.postmaster()
        const found = running && (await this.#takeOver(home, cluster, running.listening, signal))
        if (found) return { listening: found, isFound: true }
        const listening = await newListening(home, isHomeRefused)
        await cluster.start(listening, signal)
        return { listening, isFound: false }
      } catch (error) {
        // Another process may have started or stopped the server just now.
        const isFinal = error instanceof EmbeddedError && !error.retryable
        if (isFinal || error instanceof AnotherDaemon) throw error
        if (attempt === ATTEMPTS) throw asEmbeddedError(error)
        isHomeRefused ||= error instanceof SocketRefused
        await delay(BETWEEN_ATTEMPTS_MS, undefined, { signal })
      }
    }
  }

  /**
   * Takes over a running server whose daemon is gone.
   * @returns `undefined` if the server was stopped because it listened on TCP
   */
  async #takeOver(
    home: Home,
    cluster: Cluster,
    listening: Listening | undefined,
    signal: AbortSignal,
  ): Promise<Listening | undefined> {
    if (!listening) throw new PostgresFailed('PostgreSQL does not answer', 'it is still starting')
    const url = (await daemonUrl(home, listening)) ?? (await cluster.superuserUrl(listening, 'postgres'))
    await waitUntilReady(url, signal)
    if (await isUsedByDaemon(url, DAEMON_GONE_MS, signal)) throw new AnotherDaemon(this.#options.directory)
    signal.throwIfAborted()
    if (listening.kind === 'socket' || !HAS_SOCKETS) return listening
    this.#options.log.info('embedded postgres is restarted to listen on a socket only')
    await cluster.stop()
    return undefined
  }

  async #keepRunning(cluster: Cluster, listening: Listening, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    let failures = 0
    while (!signal.aborted) {
      await clock.sleep(WATCH_MS, signal)
      if (signal.aborted || (await cluster.postmaster())) continue
      // Without a descriptor, a server that runs cannot be seen.
      if ((await lackOfDescriptors()) !== undefined) continue
      if (failures === 0) log.error('embedded postgres is gone: starting it again')
      try {
        await cluster.start(listening, signal)
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
