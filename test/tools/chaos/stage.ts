import { appendFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BOUND } from '../../../src/roster/assignment.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { NatsServer } from '../../harness/nats-server.ts'
import { CITUS_URL } from '../../harness/postgres/citus.ts'
import { PgBouncer } from '../../harness/postgres/pgbouncer.ts'
import { buildDaemon } from '../../system/daemon/build.ts'
import type { ChaosDatabase } from './chaos-database.ts'
import { CitusCluster } from './citus-cluster.ts'
import { configText, DAEMONS, type DaemonName, journalFolder, type Terms, USUAL } from './daemon-config.ts'
import type { ListedRouter, Since, Unread, UnsafeGap } from './fleet-messages.ts'
import { FleetProcess } from './fleet-process.ts'
import { JournalDisk } from './journal-disk.ts'
import type { BusFaultKind } from './kinds.ts'
import { Link, type Way } from './link.ts'
import { largestLoad, OwnershipWatch, type Takeover } from './ownership-watch.ts'
import { PostgresServer } from './postgres-server.ts'
import { SupervisedDaemon } from './supervised-daemon.ts'

export interface StageOptions {
  readonly seed: number
  readonly routers: number
  readonly daemons: number
  readonly hasLies: boolean
  /** Whether the daemons exchange live numbers over NATS. */
  readonly hasBus: boolean
  /** Whether the daemons' connections go through PgBouncer. */
  readonly hasPooler: boolean
  readonly say: (line: string) => void
}

const READ_WITHIN_MS = 60_000

/** The servers that a daemon has a link to. */
export type LinkName = 'database' | 'bus'

/** All parts in separate processes: fleet, PostgreSQL, daemons, and the journals' disks. */
export class Stage {
  readonly fleet = new FleetProcess()
  readonly daemons: readonly SupervisedDaemon[]
  readonly postgres: ChaosDatabase
  readonly #options: StageOptions
  readonly #folder: string
  readonly #disks: ReadonlyMap<DaemonName, JournalDisk>
  readonly #terms = new Map<DaemonName, Terms>()
  /** The daemons by their ids in the database. */
  readonly #ids = new Map<string, SupervisedDaemon>()
  #routers: readonly ListedRouter[] = []
  #url = ''
  #bouncer: PgBouncer | undefined
  #nats: NatsServer | undefined
  readonly #links = new Map<DaemonName, Readonly<Record<LinkName, Link | undefined>>>()
  #watch: OwnershipWatch | undefined

  private constructor(options: StageOptions, folder: string, cli: string) {
    this.#options = options
    this.#folder = folder
    this.daemons = DAEMONS.slice(0, options.daemons).map(name => new SupervisedDaemon(name, folder, cli))
    this.#disks = new Map(
      this.daemons.map(({ name }) => [name, new JournalDisk(journalFolder(folder, name))]),
    )
    this.postgres =
      CITUS_URL === undefined
        ? new PostgresServer({ directory: join(folder, 'postgres'), log: createLogger('silent') })
        : new CitusCluster(CITUS_URL)
  }

  static async create(options: StageOptions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-chaos-'))
    // As root, PostgreSQL runs as another user.
    await chmod(folder, 0o711)
    return new Stage(options, folder, await buildDaemon(join(folder, 'daemon')))
  }

  get folder(): string {
    return this.#folder
  }

  get databaseUrl(): string {
    return this.#url
  }

  get #urlForDaemons(): string {
    return this.#bouncer?.through(this.#url) ?? this.#url
  }

  get routers(): readonly ListedRouter[] {
    return this.#routers
  }

  get hasSmallDisks(): boolean {
    return [...this.#disks.values()].every(disk => disk.isSmall)
  }

  get takeovers(): readonly Takeover[] {
    return this.#watch?.takeovers ?? []
  }

  /** The first daemon has read every router before the second starts. */
  async start(): Promise<void> {
    const { seed, routers, hasLies } = this.#options
    this.#url = await this.postgres.start()
    if (this.#options.hasPooler) this.#bouncer = await PgBouncer.start(this.#url)
    if (this.#options.hasBus) this.#nats = await NatsServer.start()
    this.#routers = await this.fleet.start({ seed, routers, hasLies })
    for (const disk of this.#disks.values()) await disk.start()
    for (const { name } of this.daemons) {
      const bus = this.#nats && (await Link.to(this.#nats.url))
      this.#links.set(name, { database: await Link.to(this.#urlForDaemons), bus })
      await this.setTerms(name, USUAL)
    }
    const watch = new OwnershipWatch(this.#url)
    this.#watch = watch
    for (const [index, daemon] of this.daemons.entries()) {
      await daemon.start()
      const id = await readFile(join(journalFolder(this.#folder, daemon.name), 'daemon-id'), 'utf8')
      this.#ids.set(id.trim(), daemon)
      if (index > 0) continue
      watch.start()
      await this.untilRead({ afterMs: 0 }, READ_WITHIN_MS)
    }
  }

  /** Ends everything that is still running. */
  async stop(): Promise<void> {
    for (const daemon of this.daemons) await daemon.kill()
    await this.#watch?.stop()
    for (const { database, bus } of this.#links.values()) for (const link of [database, bus]) link?.close()
    const servers = [this.#bouncer?.stop(), this.postgres.stop(), this.#nats?.kill()]
    const ended = await Promise.allSettled([this.fleet.stop(), ...servers])
    for (const disk of this.#disks.values()) await disk.stop()
    for (const it of ended) if (it.status === 'rejected') this.say(`not stopped: ${it.reason}`)
  }

  async removeFolder(): Promise<void> {
    const { home } = this.postgres
    if (home) await rm(await realpath(home).catch(() => home), { recursive: true, force: true })
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** Takes the bus away for a while. */
  async disturbBus(kind: BusFaultKind, forMs: number): Promise<void> {
    const nats = this.#nats
    if (kind === 'nats hang') {
      nats?.pause()
      await sleep(forMs)
      nats?.resume()
    } else {
      await nats?.kill()
      await sleep(forMs)
      await nats?.start()
    }
  }

  /** Cuts one way between a daemon and a server. @returns a function that mends it */
  cutLink({ name }: SupervisedDaemon, link: LinkName, way: Way): (isReset: boolean) => void {
    return this.#links.get(name)?.[link]?.cut(way) ?? (() => {})
  }

  say(line: string): void {
    this.#options.say(line)
    this.note(line)
  }

  /** Writes a line to the log, to explain differences later. */
  note(line: string): void {
    appendFileSync(join(this.#folder, 'chaos.log'), `${new Date().toISOString()} ${line}\n`)
  }

  termsOf(daemon: DaemonName): Terms {
    return this.#terms.get(daemon) ?? USUAL
  }

  /** Writes a daemon's config, which it loads when it starts or on request. */
  async setTerms(daemon: DaemonName, terms: Terms): Promise<void> {
    this.#terms.set(daemon, terms)
    const file = join(this.#folder, `daemon-${daemon}.yaml`)
    const links = this.#links.get(daemon)
    const about = {
      daemon,
      folder: this.#folder,
      databaseUrl: links?.database?.through(this.#urlForDaemons) ?? this.#urlForDaemons,
      routers: this.#routers,
      terms,
      bus: this.#nats && links?.bus?.through(this.#nats.url),
    }
    await writeFile(`${file}.new`, configText(about), { mode: 0o600 })
    await rename(`${file}.new`, file)
  }

  diskOf(daemon: SupervisedDaemon): JournalDisk | undefined {
    return this.#disks.get(daemon.name)
  }

  /** The daemon that reads most routers. */
  async owner(): Promise<SupervisedDaemon> {
    const readers = [...(await this.fleet.readers()).values()]
    const shareOf = (daemon: SupervisedDaemon) => readers.filter(it => it === daemon.reader).length
    const [owner] = [...this.daemons].sort((a, b) => shareOf(b) - shareOf(a))
    if (!owner) throw new RangeError('a stage has a daemon')
    return owner
  }

  /** A daemon's user name on the routers, by its id in the database. */
  readerOf(id: string): string | undefined {
    return this.#ids.get(id)?.reader
  }

  /** What the watch found that must never be. */
  get faultsOfOwnership(): readonly string[] {
    return this.#watch?.faults ?? []
  }

  /**
   * Waits until the loads of all daemons are within the bound.
   * @returns the largest load in proportion to an equal share
   */
  async untilBalanced(withinMs: number): Promise<number> {
    let largest = Number.POSITIVE_INFINITY
    await waitFor(async () => {
      largest = (await largestLoad(this.#url)) * this.daemons.length
      return largest <= BOUND
    }, withinMs)
    return largest
  }

  /** @returns routers without faults that were not read in time */
  async untilRead(since: Since, withinMs: number): Promise<Unread> {
    let unread = await this.fleet.unread(since)
    const isRead = async () => {
      unread = await this.fleet.unread(since)
      return unread.healthy.length === 0
    }
    await waitFor(isRead, withinMs)
    return unread
  }

  /** Waits until all that was read before `atMs` is committed for healthy routers, and should be for the others. */
  async untilCommitted(atMs: number, withinMs: number): Promise<boolean> {
    return waitFor(async () => {
      const { troubled } = await this.fleet.unread({ afterMs: atMs })
      return this.#routers
        .filter(({ identity }) => !troubled.includes(identity))
        .every(({ identity }) => (this.#watch?.committedMs(identity) ?? 0) >= atMs)
    }, withinMs)
  }

  /** Gaps left by takeovers after expired leases. */
  takeoverGaps(): readonly UnsafeGap[] {
    return this.takeovers.flatMap(({ kind, router, from, atMs, committedMs }) => {
      if (kind === 'released') return []
      const notBy = this.readerOf(from)
      const back = this.takeovers.find(it => it.router === router && it.to === from && it.atMs > atMs)
      return [
        {
          ...{
            router,
            fromMs: committedMs,
            since: { afterMs: atMs, ...(notBy === undefined ? {} : { notBy }) },
          },
          ...(back ? { untilMs: back.atMs } : {}),
        },
      ]
    })
  }
}

/** Polls a condition. @returns whether it held in time */
export async function waitFor(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const untilMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > untilMs) return false
    await sleep(100)
  }
  return true
}
