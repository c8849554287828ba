import type { RouterKey } from '../accounting/ids.ts'
import type { CheckpointRecord, DecisionRecord } from '../recording/journal-port.ts'
import type { Clock } from '../runtime/clock.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { type Disk, DiskFailure, unusableIn } from './files/disk.ts'
import { type Damage, SegmentReader } from './files/segment-reader.ts'
import { SegmentWriter } from './files/segment-writer.ts'
import { Segments } from './files/segments.ts'
import { GrowingPositions, type Position } from './position.ts'
import { headOf, type JournalRecord, type SettledRecord } from './record.ts'
import { Bell } from './wakeup.ts'

export interface JournalOptions {
  readonly directory: string
  /** Of all files together. Passed only where what waits for the database needs more by itself. */
  readonly maxBytes: number
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Logger
  /**
   * One record for each router that has something the database has not got, as it is when the record is asked for:
   * all that was appended and adopted must be in it. It may be asked for the next one much later.
   */
  readonly pending: () => Iterable<CheckpointRecord>
}

export type JournalState =
  | { readonly kind: 'writing'; readonly bytes: number; readonly maxBytes: number }
  | { readonly kind: 'failing'; readonly reason: string; readonly bytes: number; readonly maxBytes: number }

/** Many readings to one fsync, and none older than this before it is durable. */
const FLUSH_MS = 250
/** A try that fails late, in a large checkpoint, is paid for with as many times its duration until the next. */
const REST_FACTOR = 20

interface Waiting {
  readonly record: JournalRecord
  readonly resolve: (isDurable: boolean) => void
}

/**
 * Readings on the disk before anybody sees their numbers, for as long as the database has not got them:
 *
 *     writing ── the disk refuses ──▶ failing: what is appended is not durable, and is reported so
 *        ▲                               │
 *        └── a new segment, with a ──────┘  tried at each flush
 *            checkpoint of all that waits
 */
export class Journal {
  readonly #options: JournalOptions
  readonly #segments = new Segments()
  readonly #reader: SegmentReader
  readonly #writer: SegmentWriter
  readonly #bell = new Bell()
  #waiting: Waiting[] = []
  /** Of those that wait, each router's last decision. */
  readonly #appended = new Map<RouterKey, DecisionRecord>()
  /** Of the decisions of this process. */
  readonly #positions = new GrowingPositions()
  #failure: DiskFailure | undefined
  #retryAtMs = 0
  #phase: 'new' | 'started' | 'loaded' | 'stopped' = 'new'
  #starting: Promise<void> | undefined
  #unlock: () => Promise<void> = async () => {}

  constructor(options: JournalOptions) {
    this.#options = options
    this.#reader = new SegmentReader({ ...options, segments: this.#segments })
    this.#writer = new SegmentWriter({ ...options, segments: this.#segments })
  }

  /**
   * Takes the directory, which is made where it isn't there.
   * @throws JournalInUse, DiskFailure
   */
  start(): Promise<void> {
    this.#starting = this.#take()
    return this.#starting
  }

  async #take(): Promise<void> {
    const { disk, directory } = this.#options
    try {
      await disk.makeDirectory(directory)
      this.#unlock = await disk.lock(directory)
    } catch (error) {
      throw error instanceof DiskFailure ? unusableIn(directory, error) : error
    }
    this.#phase = 'started'
  }

  /**
   * Looks through what earlier processes left; once, before anything is appended.
   * @throws DiskFailure, JournalFromAnotherVersion
   */
  async load(): Promise<void> {
    await this.#reader.load()
    this.#phase = 'loaded'
  }

  /** The routers of which earlier processes left something. */
  get routers(): readonly RouterKey[] {
    return this.#reader.routers
  }

  /**
   * What earlier processes left of a router, in order, for its `Replay`: to be read before it is appended to,
   * committed or forgotten.
   * @throws DiskFailure
   */
  recordsOf(router: RouterKey): AsyncIterable<JournalRecord> {
    return this.#reader.recordsOf(router)
  }

  /** What could not be read. */
  get damage(): readonly Damage[] {
    return this.#reader.damage
  }

  /**
   * Resolves with the next flush: whether the record is durable. It never rejects. A router's decisions are appended
   * in order, and one that was not durable is adopted all the same: the next checkpoint has it.
   * @throws BrokenInvariant if it is not after the router's last decision
   */
  append(record: DecisionRecord): Promise<boolean> {
    if (this.#phase === 'stopped') return Promise.resolve(false)
    if (this.#phase !== 'loaded') throw new Error('the journal was not loaded yet')
    this.#positions.move(record)
    return new Promise(resolve => {
      this.#waiting.push({ record, resolve })
      this.#appended.set(record.router, record)
      this.#bell.ring()
    })
  }

  /** The database has a router up to a position. @param epoch of the lease under which it was committed */
  committed(router: RouterKey, epoch: number, position: number): void {
    if (this.#segments.latest(router)) this.#settle({ kind: 'committed', router, epoch, position })
  }

  /** The router is no longer ours, and what the database has not got of it has been recorded as discarded. */
  forget(router: RouterKey): void {
    const latest = this.#latest(router)
    if (latest) this.#settle({ kind: 'forgotten', router, epoch: latest.epoch, position: latest.position })
  }

  /** Flushes until the signal aborts, and once more then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#failure) await this.#bell.wait(signal)
      await this.#options.clock.sleep(FLUSH_MS, signal)
      await this.#flush()
    }
  }

  /** Flushes what `run` has left, and lets go of the directory. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => {})
    const isLoaded = this.#phase === 'loaded'
    this.#phase = 'stopped'
    // Nobody tries again.
    this.#retryAtMs = 0
    try {
      if (isLoaded) await this.#flush()
      await this.#writer.close()
      // Where everything was committed, nothing is left behind.
      if (isLoaded) await this.#writer.drop()
    } finally {
      await this.#unlock()
    }
  }

  /** Whether all that was appended is on the disk, or will be with the next flush. */
  get isWriting(): boolean {
    return !this.#failure
  }

  state(): JournalState {
    const { maxBytes } = this.#options
    const { bytes } = this.#segments
    return this.#failure
      ? { kind: 'failing', reason: this.#failure.message, bytes, maxBytes }
      : { kind: 'writing', bytes, maxBytes }
  }

  /** Where a router's last record leaves it, on the disk or not. */
  #latest(router: RouterKey): Position | undefined {
    const appended = this.#appended.get(router)
    return appended ? headOf(appended) : this.#segments.latest(router)
  }

  /** Goes to the disk with the next flush that has something else to write: without it, more is kept and nothing lost. */
  #settle(record: SettledRecord): void {
    this.#segments.settle(record)
    this.#reader.forget(record.router)
    this.#waiting.push({ record, resolve: () => {} })
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    this.#appended.clear()
    const isDurable = await this.#write(batch.map(it => it.record))
    for (const { resolve } of batch) resolve(isDurable)
    await this.#writer.drop()
  }

  async #write(records: readonly JournalRecord[]): Promise<boolean> {
    const { clock } = this.#options
    if (records.length === 0 && !this.#failure) return true
    const startedMs = clock.steadyMs()
    if (this.#failure && startedMs < this.#retryAtMs) return false
    try {
      await this.#writer.write(records)
      this.#succeed()
      return true
    } catch (error) {
      if (!(error instanceof DiskFailure)) throw error
      this.#fail(error)
      const nowMs = clock.steadyMs()
      this.#retryAtMs = nowMs + REST_FACTOR * (nowMs - startedMs)
      return false
    }
  }

  #succeed(): void {
    const { log, directory } = this.#options
    if (this.#failure) log.info({ directory }, 'the journal is written again, with all that waits')
    this.#failure = undefined
  }

  #fail(failure: DiskFailure): void {
    const { log, directory } = this.#options
    if (!this.#failure)
      log.error(
        { directory, err: errorFields(failure), advice: failure.advice },
        'the journal can not be written: readings go on, but until it can, they last only as long as this process',
      )
    this.#failure = failure
  }
}
