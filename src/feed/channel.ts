import type { Clock } from '../runtime/clock.ts'
import { frameOf, type SnapshotSource, type Subject, slotOf } from './frames.ts'

/** A port: one who is shown the numbers. */
export interface Watcher {
  /** Takes the newest frame of a slot, in place of an older one still waiting there. */
  put(slot: string, frame: Buffer): void
  drop(slot: string): void
  /** Its tenant has left the config. */
  dismiss(): void
}

/** One subject: who watches it, and its newest message, encoded once for all of them. */
export class Channel {
  readonly watchers = new Set<Watcher>()
  /** Where a watcher's newest message of the channel waits. */
  readonly slot: string
  readonly #subject: Subject
  readonly #source: SnapshotSource
  readonly #clock: Clock
  #seq = 0
  #newest: { readonly frame: Buffer; readonly encodedAtMs: number } | undefined

  constructor(
    subject: Subject,
    { source, clock }: { readonly source: SnapshotSource; readonly clock: Clock },
  ) {
    this.slot = slotOf(subject)
    this.#subject = subject
    this.#source = source
    this.#clock = clock
  }

  /**
   * Shows a watcher the newest message, unless that is older than `freshMs`. A new one is shown to all who watch, so
   * that nobody misses its `seq`.
   * @param others who watch without being among the channel's own watchers
   */
  show(watcher: Watcher, freshMs: number, others: ReadonlySet<Watcher>): void {
    const newest = this.#newest
    const isFresh = newest !== undefined && this.#clock.steadyMs() - newest.encodedAtMs <= freshMs
    if (isFresh) watcher.put(this.slot, newest.frame)
    else this.publish(this.#clock.now(), others)
  }

  /** Shows everyone a new message, if there is anyone and anything to show. */
  publish(now: Date, others: ReadonlySet<Watcher>): void {
    if (this.watchers.size === 0 && others.size === 0) return
    const frame = frameOf(this.#subject, this.#seq + 1, this.#source, now)
    if (frame === undefined) return
    this.#seq += 1
    this.#newest = { frame, encodedAtMs: this.#clock.steadyMs() }
    for (const watcher of this.watchers) watcher.put(this.slot, frame)
    for (const watcher of others) watcher.put(this.slot, frame)
  }
}
