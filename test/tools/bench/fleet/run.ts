import { setTimeout as sleep } from 'node:timers/promises'
import { type Comparison, compare } from '../../../system/daemon/compare.ts'
import { DatabaseFigures } from './database-figures.ts'
import { FeedClients } from './feed-clients.ts'
import { JournalGrowth } from './journal-growth.ts'
import type { Point } from './line.ts'
import { type Look, lookAt, residentBytesOfAll } from './look.ts'
import type { FleetReport } from './simulated/fleet-report.ts'
import type { Stage } from './stage.ts'
import { carriedBy } from './truth.ts'

export const INTERVAL_MS = 5_000
export const COMMIT_MS = 30_000
const CHURN_A_MINUTE = 0.01
const WARM_UP_MS = 60_000
const READ_WITHIN_MS = 300_000
const COMMITTED_WITHIN_MS = 600_000
const SHARED_WITHIN_MS = 900_000
const LOOK_EVERY_MS = 1_000
/** One look in this many also looks at memory and at what is committed. */
const MEMORY_EVERY = 10

/** The results of a fleet's run. */
export interface Measured {
  readonly begin: Look
  readonly end: Look
  /** Time until every router was read once. */
  readonly firstReadMs: number
  readonly polls: FleetReport
  readonly snapshotMs: readonly number[]
  readonly readingMs: readonly number[]
  /** The daemons' memory, by seconds. */
  readonly resident: readonly Point[]
  readonly journalBytes: number
  /** The greatest age of the oldest router's last committed reading. */
  readonly oldestCommitMs: number
  readonly tableBytes: ReadonlyMap<string, number>
  readonly comparison: Comparison
  /** `0` if all daemons stopped in order. */
  readonly exitCode: number | null
}

/** A run on a started stage: warm up, measure, calm down, compare. */
export class FleetRun {
  readonly #stage: Stage
  readonly #say: (line: string) => void
  readonly #signal: AbortSignal
  readonly #database: DatabaseFigures
  readonly #feed = new FeedClients()
  readonly #journal: JournalGrowth
  readonly #resident: Point[] = []
  #oldestCommitMs = 0

  constructor(stage: Stage, say: (line: string) => void, signal: AbortSignal) {
    this.#stage = stage
    this.#say = say
    this.#signal = signal
    this.#database = new DatabaseFigures(stage.running.databaseUrl)
    this.#journal = new JournalGrowth(stage.journalFolders)
  }

  async run(minutes: number): Promise<Measured> {
    await this.#database.start()
    try {
      return await this.#run(minutes)
    } finally {
      this.#feed.stop()
      await this.#database.stop()
    }
  }

  async #run(minutes: number): Promise<Measured> {
    const { fleet, daemons, databaseUrl } = this.#stage.running
    const firstReadMs = await this.#warmUp()
    this.#say(`all were read within ${seconds(firstReadMs)}; measuring for ${minutes} minutes`)
    const begin = await this.#begin()
    await this.#watch(minutes * 60_000)
    const end = await lookAt(this.#stage, this.#database)
    const { bytes: journalBytes } = this.#journal
    const polls = await fleet.report(INTERVAL_MS)
    const tableBytes = await this.#database.tableBytes()
    this.#say('stopping, and comparing')
    await this.#calmDown()
    this.#feed.stop()
    const exitCodes = await Promise.all(daemons.map(it => it.end('SIGTERM')))
    const exitCode = exitCodes.find(it => it !== 0) ?? 0
    const comparison = await compare(databaseUrl, await carriedBy(this.#stage))
    return {
      ...{ begin, end, firstReadMs, polls, journalBytes, tableBytes, comparison, exitCode },
      ...{ snapshotMs: this.#feed.snapshotMs, readingMs: this.#feed.readingMs },
      ...{ resident: this.#resident, oldestCommitMs: this.#oldestCommitMs },
    }
  }

  /** @returns the time until every router was read */
  async #warmUp(): Promise<number> {
    const { fleet, daemons } = this.#stage.running
    const beganMs = performance.now()
    if (!(await this.#stage.untilRead(0, READ_WITHIN_MS, this.#signal)))
      throw new Error(`not every router was read within ${seconds(READ_WITHIN_MS)}`)
    const firstReadMs = performance.now() - beganMs
    await this.#untilShared()
    const ports = daemons.map(({ port }) => port)
    await this.#feed.start(ports, this.#stage.tenants)
    await fleet.churn(CHURN_A_MINUTE)
    await sleep(WARM_UP_MS, undefined, { signal: this.#signal })
    return firstReadMs
  }

  /** Waits until each daemon has its part of the routers, and no more of them move. */
  async #untilShared(): Promise<void> {
    const { daemons } = this.#stage.running
    if (daemons.length === 1) return
    const isShared = await this.#database.untilSettled(daemons.length, SHARED_WITHIN_MS, this.#signal)
    const parts = [...(await this.#database.routersByDaemon()).values()]
    if (!isShared) throw new Error(`routers still move, or a daemon has none: ${parts.join(', ')}`)
    this.#say(`the daemons have ${parts.join(', ')} routers`)
  }

  async #begin(): Promise<Look> {
    const look = await lookAt(this.#stage, this.#database)
    this.#feed.begin()
    await this.#journal.begin()
    await this.#stage.running.fleet.begin()
    return look
  }

  async #watch(forMs: number): Promise<void> {
    const { daemons } = this.#stage.running
    const beganMs = performance.now()
    for (let turn = 0; performance.now() - beganMs < forMs; turn++) {
      await this.#journal.look()
      if (turn % MEMORY_EVERY === 0) {
        const x = (performance.now() - beganMs) / 1000
        this.#resident.push({ x, y: residentBytesOfAll(daemons) })
        this.#oldestCommitMs = Math.max(this.#oldestCommitMs, await this.#database.oldestCommitMs())
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal: this.#signal })
    }
  }

  /** Stops all traffic and waits until everything is committed, so that stopping has no work left. */
  async #calmDown(): Promise<void> {
    const frozenMs = await this.#stage.running.fleet.freeze()
    if (!(await this.#stage.untilRead(frozenMs, READ_WITHIN_MS, this.#signal)))
      this.#say('not every router was read at the end')
    const readAt = new Date()
    const untilMs = performance.now() + COMMITTED_WITHIN_MS
    let left = await this.#database.uncommitted(readAt)
    while (left > 0 && performance.now() < untilMs) {
      await sleep(LOOK_EVERY_MS, undefined, { signal: this.#signal })
      left = await this.#database.uncommitted(readAt)
    }
    if (left > 0) this.#say(`${left} routers were not committed in time; their readings are in the journal`)
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
