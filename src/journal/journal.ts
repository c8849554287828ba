import type { RouterKey } from '../accounting/ids.ts'
import type { CheckpointRecord, DecisionRecord } from '../recording/journal-port.ts'
import type { Clock } from '../runtime/clock.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { type Disk, DiskFailure, unusableIn } from './files/disk.ts'
import { type Damage, SegmentReader } from './files/segment-reader.ts'
import { SegmentWriter } from './files/segment-writer.ts'
import { Segments } from './files/segments.ts'
import type { JournalState } from './journal-state.ts'
import { GrowingPositions, type Position } from './position.ts'
import { headOf, type JournalRecord, type SettledRecord } from './record.ts'
import { Wakeup } from './wakeup.ts'

export interface JournalOptions {
  readonly directory: string
  /** The limit of all files together. It is passed only if what waits for the database alone needs more. */
  readonly maxBytes: number
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Logger
  /**
   * One record for each router with something that the database has not got. A record is made when it is taken from the
   * iterable, which can be much later than the one before, and has everything that was appended and adopted by then.
   */
  readonly pending: () => Iterable<CheckpointRecord>
}

/** The time between flushes, so that many readings share one fsync. A reading waits no longer before it is durable. */
const FLUSH_MS = 250
/**
 * After a failed flush the next one waits this many times its duration, because a large checkpoint can fail late; but
 * not longer than the longest rest, because nothing is safe until then.
 */
const REST_FACTOR = 20
const LONGEST_REST_MS = 10_000

interface WaitingRecord {
  readonly record: JournalRecord
  readonly resolve: (isDurable: boolean) => void
}

/**
 * Keeps readings on disk before their numbers are visible, until the database has them:
 *
 *     writing ── the disk refuses ──▶ failing: appended records are not durable, and are reported so
 *        ▲                               │
 *        └── a new segment, with a ──────┘  tried at each flush
 *            checkpoint of all that waits
 *
 * The main file of `journal/`. Decisions go in; records on disk come out, and back. The folder imports `accounting/` and
 * `runtime/`. `format/` turns records into bytes and back, `files/` keeps the segments and knows the disk.
 */
export class Journal {
  readonly #options: JournalOptions
  readonly #segments = new Segments()
  readonly #reader: SegmentReader
  readonly #writer: SegmentWriter
  readonly #wakeup = new Wakeup()
  #waiting: WaitingRecord[] = []
  /** The last decision of each router among the records that wait. */
  readonly #appended = new Map<RouterKey, DecisionRecord>()
  /** Positions of the decisions of this process. */
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
   * Locks the directory, and creates it if it is missing.
   * @throws JournalInUse, DiskFailure
   */
  start(): Promise<void> {
    this.#starting = this.#lock()
    return this.#starting
  }

  async #lock(): Promise<void> {
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
   * Scans what earlier processes left. Call it once, before anything is appended.
   * @throws DiskFailure, JournalFromAnotherVersion
   */
  async load(): Promise<void> {
    await this.#reader.load()
    this.#phase = 'loaded'
  }

  /** The routers with records of earlier processes. */
  get routers(): readonly RouterKey[] {
    return this.#reader.routers
  }

  /** The epoch of a router's last decision that is known; 0 if there is none. */
  epochOf(router: RouterKey): number {
    return this.#latest(router)?.epoch ?? 0
  }

  /**
   * Records that earlier processes left of a router, in order, for its `Replay`. Read them before you append, commit or
   * forget anything of the router.
   * @throws DiskFailure
   */
  recordsOf(router: RouterKey): AsyncIterable<JournalRecord> {
    return this.#reader.recordsOf(router)
  }

  /** The parts of segments that could not be read. */
  get damage(): readonly Damage[] {
    return this.#reader.damage
  }

  /**
   * Appends a decision. Resolves with the next flush to whether the record is durable, and never rejects. Append a
   * router's decisions in order. Adopt a decision even if it is not durable: the next checkpoint has it.
   * @throws BrokenInvariant if it is not after the router's last decision
   */
  append(record: DecisionRecord): Promise<boolean> {
    if (this.#phase === 'stopped') return Promise.resolve(false)
    if (this.#phase !== 'loaded') throw new Error('the journal was not loaded yet')
    this.#positions.move(record)
    return new Promise(resolve => {
      this.#waiting.push({ record, resolve })
      this.#appended.set(record.router, record)
      this.#wakeup.wake()
    })
  }

  /** Notes that the database has a router up to a position. @param epoch of the lease under which it was committed */
  committed(router: RouterKey, epoch: number, position: number): void {
    if (this.#segments.latest(router)) this.#settle({ kind: 'committed', router, epoch, position })
  }

  /** Notes that the router is another daemon's, and that what the database has not got of it was recorded as discarded. */
  forget(router: RouterKey): void {
    const latest = this.#latest(router)
    if (latest) this.#settle({ kind: 'forgotten', router, epoch: latest.epoch, position: latest.position })
  }

  /** Flushes until the signal aborts, and once more after that. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#failure) await this.#wakeup.wait(signal)
      await this.#options.clock.sleep(FLUSH_MS, signal)
      await this.#flush()
    }
  }

  /** Flushes what `run` has left, and unlocks the directory. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => {})
    const isLoaded = this.#phase === 'loaded'
    this.#phase = 'stopped'
    // This is the last try, so it does not wait.
    this.#retryAtMs = 0
    try {
      if (isLoaded) await this.#flush()
      await this.#writer.close()
      // If everything was committed, no segment remains.
      if (isLoaded) await this.#writer.drop()
    } finally {
      await this.#unlock()
    }
  }

  /** Whether everything that was appended is on disk, or will be with the next flush. */
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

  /** The position after a router's last record, on disk or not. */
  #latest(router: RouterKey): Position | undefined {
    const appended = this.#appended.get(router)
    return appended ? headOf(appended) : this.#segments.latest(router)
  }

  /** Written with the next flush that has something else to write. Without it nothing is lost, but more is kept. */
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
      this.#retryAtMs = nowMs + Math.min(REST_FACTOR * (nowMs - startedMs), LONGEST_REST_MS)
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
        'the journal cannot be written: readings continue, but until it can, they are lost if this process ends',
      )
    this.#failure = failure
  }
}
