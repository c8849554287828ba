import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { PostgresFailed, SocketRefused, UnnamedUser } from './errors.ts'
import { AccountFiles, isThere } from './files.ts'
import type { Home } from './home.ts'
import { type Listening, serverOptions } from './listening.ts'
import { makePassword, passwordFile, SUPERUSER, superuserUrl } from './password.ts'
import { dropStalePid, findPostmaster, type Postmaster, quitPostmaster } from './postmaster.ts'
import { type Outcome, runProgram } from './program.ts'

/** Settings for a small server that also does other work. Operators may change them in `data/postgresql.conf`. */
const SETTINGS = [
  'max_connections=50',
  'shared_buffers=128MB',
  'max_wal_size=1GB',
  'wal_compression=on',
  'log_min_messages=warning',
  'log_line_prefix=%m [%p] ',
  'timezone=UTC',
  'log_timezone=UTC',
]

/** Recovery after a crash reads everything written since the last checkpoint. */
const START_SECONDS = 300
const STOP_SECONDS = 60
const LOOK_EVERY_MS = 50
/** A message of the server's log, which is in English. */
const NO_SOCKET = 'could not create any Unix-domain sockets'
/** The same of all its programs. */
const NO_NAME = 'could not look up effective user ID'
const LOG_LIMIT = 10 * 1024 * 1024

/** One PostgreSQL cluster in a home: `data/`, `password` and `postgres.log`. */
export class Cluster {
  readonly #home: Home
  readonly #binaries: Binaries
  readonly #data: string
  readonly #log: string
  readonly #files: AccountFiles

  constructor(home: Home, binaries: Binaries) {
    this.#home = home
    this.#binaries = binaries
    this.#data = join(home.folder, 'data')
    this.#log = join(home.folder, 'postgres.log')
    this.#files = new AccountFiles(home.account)
  }

  /** The server process if one is running, whoever started it. */
  postmaster(): Promise<Postmaster | undefined> {
    return findPostmaster(this.#home)
  }

  /**
   * Creates the cluster if it does not exist. It appears in one rename, so an interrupted creation starts over.
   * @throws UnnamedUser; PostgresFailed, also if the signal ended it
   */
  async initialise(signal?: AbortSignal): Promise<void> {
    if (await isThere(this.#data)) return
    await makePassword(this.#home)
    const partial = `${this.#data}.new-${randomBytes(4).toString('hex')}`
    try {
      const args = [
        '-D',
        partial,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile(this.#home.folder, SUPERUSER)}`,
      ]
      const { exitCode, output } = await runProgram(
        this.#binaries.initdb,
        [
          ...args,
          '--auth=scram-sha-256',
          '--encoding=UTF8',
          '--no-locale',
          ...SETTINGS.flatMap(it => ['-c', it]),
        ],
        this.#home.account,
        signal,
      )
      if (output.includes(NO_NAME)) throw new UnnamedUser(process.getuid?.())
      if (exitCode !== 0) throw new PostgresFailed('initdb failed', output)
      await this.#files.move(partial, this.#data)
    } catch (error) {
      await this.#files.remove(partial)
      // Another process may have been faster.
      if (!(await isThere(this.#data))) throw error
    }
  }

  /**
   * @returns the connection URL of the superuser, which contains the password
   * @throws PasswordLost
   */
  superuserUrl(listening: Listening, database: 'tikmeter' | 'postgres'): Promise<string> {
    return superuserUrl(this.#home, listening, database)
  }

  /**
   * Starts the server and waits until it has recovered. `pg_ctl` puts it in a separate session, so that Ctrl-C or a
   * supervisor's signal to our processes does not reach it before the ledger is flushed.
   * @throws SocketRefused, UnnamedUser; PostgresFailed, also if the signal ended it: then there is no server either
   */
  async start(listening: Listening, signal?: AbortSignal): Promise<void> {
    await dropStalePid(this.#home)
    await this.#limitLog()
    signal?.throwIfAborted()
    const starting = this.#control('start', [
      ...['-w', '-t', String(START_SECONDS), '-l', this.#log],
      ...['-o', serverOptions(listening)],
    ])
    const { port } = listening
    const { exitCode, output } = await this.#startedUnless(signal, starting, port)
    if (signal?.aborted) {
      if (await this.#startedAt(port)) await this.stop()
      throw new PostgresFailed('PostgreSQL was stopped during its start', output)
    }
    if (exitCode === 0) return
    if (output.includes(NO_NAME)) throw new UnnamedUser(process.getuid?.())
    const said = await this.#lastWords(output)
    if (listening.kind === 'socket' && said.includes(NO_SOCKET))
      throw new SocketRefused(listening.folder, said)
    throw new PostgresFailed('PostgreSQL did not start', said)
  }

  /** Stops the server with a checkpoint. If that takes too long, without one: then the next start recovers. */
  async stop(): Promise<void> {
    if (!(await this.postmaster())) return
    const { exitCode } = await this.#control('stop', ['-w', '-t', String(STOP_SECONDS), '-m', 'fast'])
    if (exitCode === 0 || !(await this.postmaster())) return
    const { output } = await this.#control('stop', ['-w', '-t', String(STOP_SECONDS), '-m', 'immediate'])
    if (await this.postmaster()) throw new PostgresFailed('PostgreSQL did not stop', output)
  }

  /**
   * Waits for `pg_ctl`. If the signal aborts, ends the server that it starts, and `pg_ctl` ends with it. Ending
   * `pg_ctl` itself could leave a server behind that nobody finds until it has written its `postmaster.pid`.
   */
  async #startedUnless(
    signal: AbortSignal | undefined,
    starting: Promise<Outcome>,
    port: number,
  ): Promise<Outcome> {
    let isOver = false
    const ended = starting.finally(() => {
      isOver = true
    })
    while (!isOver) {
      await Promise.race([ended, delay(LOOK_EVERY_MS)])
      const ours = signal?.aborted ? await this.#startedAt(port) : undefined
      if (ours) quitPostmaster(ours)
    }
    return ended
  }

  /** The server if it is ours, by its port: another process may have started one just now. */
  async #startedAt(port: number): Promise<Postmaster | undefined> {
    const running = await this.postmaster()
    return running?.port === port ? running : undefined
  }

  #control(command: 'start' | 'stop', args: readonly string[]) {
    return runProgram(this.#binaries.pgCtl, [command, '-D', this.#data, ...args], this.#home.account)
  }

  async #limitLog(): Promise<void> {
    const size = await stat(this.#log).then(
      it => it.size,
      () => 0,
    )
    if (size > LOG_LIMIT) await this.#files.move(this.#log, `${this.#log}.1`)
  }

  /** Adds the end of the server's log, because `pg_ctl` only says that it failed. */
  async #lastWords(output: string): Promise<string> {
    const text = (await this.#files.read(this.#log)) ?? ''
    const lines = text.trimEnd().split('\n').slice(-3)
    return [output.split('\n').at(-1), ...lines].join(' | ')
  }
}
