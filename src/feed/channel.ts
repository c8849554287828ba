import type { Clock } from '../runtime/clock.ts'
import type { SlicedWork } from '../runtime/sliced-work.ts'
import { frameOf, type SnapshotSource, type Subject, slotOf } from './frames.ts'

/** A port: one who is shown the numbers. */
export interface Watcher {
  /** Takes the newest frame of a slot, in place of an older one still waiting there. */
  put(slot: string, frame: Buffer): void
  drop(slot: string): void
  /** Its tenant has left the config. */
  dismiss(): void
}

/** What took `c` ms to make is good for so many times `c`: no message takes more than a tenth of a processor. */
const FRESH_FOR_COSTS = 10

/** What a channel's messages are made of, and by. */
export interface Sources {
  readonly source: SnapshotSource
  readonly clock: Clock
  readonly work: SlicedWork
}

/** One subject: who watches it, and its newest message, encoded once for all of them. */
export class Channel {
  readonly watchers = new Set<Watcher>()
  /** Where a watcher's newest message of the channel waits. */
  readonly slot: string
  readonly #subject: Subject
  readonly #source: SnapshotSource
  readonly #clock: Clock
  readonly #work: SlicedWork
  #seq = 0
  #newest: { readonly frame: Buffer; readonly encodedAtMs: number; readonly costMs: number } | undefined
  /** A long message is being made: all who watch when it is ready are shown it. */
  #isMaking = false

  constructor(subject: Subject, { source, clock, work }: Sources) {
    this.slot = slotOf(subject)
    this.#subject = subject
    this.#source = source
    this.#clock = clock
    this.#work = work
  }

  /**
   * Shows a watcher the newest message, unless that is older than `freshMs`, and than it has cost. A new one is shown to all who watch, so
   * that nobody misses its `seq`.
   * @param others who watch without being among the channel's own watchers
   */
  show(watcher: Watcher, freshMs: number, others: ReadonlySet<Watcher>): void {
    const newest = this.#newest
    if (newest !== undefined && this.#isFresh(freshMs)) watcher.put(this.slot, newest.frame)
    else this.publish(this.#clock.now(), others)
  }

  /**
   * Shows everyone a new message, if there is anyone and anything to show: at once, or where it is long, when it is
   * made. One of sessions is left out while the one before is worth its cost.
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

  /** Whether the newest message is no older than `freshMs`, or was made so lately that its cost is not made up for. */
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
