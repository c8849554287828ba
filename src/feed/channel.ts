import type { Clock } from '../runtime/clock.ts'
import type { SlicedWork } from '../runtime/sliced-work.ts'
import { frameOf, type SnapshotSource, type Subject, slotOf } from './frames.ts'

/** A recipient of the numbers. */
export interface Watcher {
  /** Sends the newest frame of a slot. It replaces an older one that still waits. */
  put(slot: string, frame: Buffer): void
  drop(slot: string): void
  /** Called when its tenant is removed. */
  dismiss(): void
}

/** A message that took `c` ms to make is reused for 10 `c` ms, so that none takes more than a tenth of a core. */
const FRESH_FOR_COSTS = 10

/** What channels make their messages from. */
export interface Sources {
  readonly source: SnapshotSource
  readonly clock: Clock
  readonly work: SlicedWork
}

/** One subject: its watchers, and its newest message, encoded once for all of them. */
export class Channel {
  readonly watchers = new Set<Watcher>()
  /** The outbox slot of the channel's messages. */
  readonly slot: string
  readonly #subject: Subject
  readonly #source: SnapshotSource
  readonly #clock: Clock
  readonly #work: SlicedWork
  #seq = 0
  #newest: { readonly frame: Buffer; readonly encodedAtMs: number; readonly costMs: number } | undefined
  /** Whether a long message is being made. Everybody who watches when it is done gets it. */
  #isMaking = false

  constructor(subject: Subject, { source, clock, work }: Sources) {
    this.slot = slotOf(subject)
    this.#subject = subject
    this.#source = source
    this.#clock = clock
    this.#work = work
  }

  /**
   * Sends a watcher the newest message if it is not older than `freshMs`, or than its cost allows. Otherwise makes a
   * new one and sends it to all watchers, so that nobody misses its `seq`.
   * @param others recipients who are not among the channel's own watchers
   */
  show(watcher: Watcher, freshMs: number, others: ReadonlySet<Watcher>): void {
    const newest = this.#newest
    if (newest !== undefined && this.#isFresh(freshMs)) watcher.put(this.slot, newest.frame)
    else this.publish(this.#clock.now(), others)
  }

  /**
   * Sends everybody a new message, if there are watchers and content: at once, or when it is made if it is long. A new
   * message of sessions is skipped while the last one has not paid for its cost.
   */
  publish(now: Date, others: ReadonlySet<Watcher>): void {
    if ((this.watchers.size === 0 && others.size === 0) || this.#isMaking) return
    if (this.#subject.kind === 'sessions' && this.#isFresh(0)) return
    this.#isMaking = true
    this.#work.begin(frameOf(this.#subject, this.#seq + 1, this.#source, now), (frame, costMs) => {
      this.#isMaking = false
      if (frame !== undefined) this.#showAll(frame, costMs, others)
    })
  }

  /** Whether the newest message is at most `freshMs` old, or too new for its cost. */
  #isFresh(freshMs: number): boolean {
    if (this.#newest === undefined) return false
    const { encodedAtMs, costMs } = this.#newest
    const ageMs = this.#clock.steadyMs() - encodedAtMs
    return ageMs < FRESH_FOR_COSTS * costMs || (freshMs > 0 && ageMs <= freshMs)
  }

  #showAll(frame: Buffer, costMs: number, others: ReadonlySet<Watcher>): void {
    this.#seq += 1
    this.#newest = { frame, encodedAtMs: this.#clock.steadyMs(), costMs }
    for (const watcher of this.watchers) watcher.put(this.slot, frame)
    for (const watcher of others) watcher.put(this.slot, frame)
  }
}
