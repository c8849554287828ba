import { addBytes, type Bytes, isNothing, NO_BYTES } from '../../src/accounting/bytes.ts'
import type { Sight } from './true-router.ts'
import type { TrueSession } from './true-service.ts'

/** Bytes that readings carried, and since when they can have been moved, by the wall clock of the reading. */
export interface TrueDelta extends Bytes {
  readonly username: string
  readonly fromMs: number
}

/**
 * What readings of one service carried, by who each session really is: no identity, clock or tolerance comes into
 * it. Written from the rules' words, and apart from the ledger.
 */
export class Truth {
  readonly carried = new Map<string, Bytes>()
  readonly deltas: TrueDelta[] = []
  /** Sessions that some reading showed. */
  readonly shown = new Set<TrueSession>()
  /** Of the counters of known sessions that fell (rule 7). */
  resets = 0
  /** On bindings of which nothing was known (rule 10). */
  baselines = 0
  readonly #counted = new Map<TrueSession, { readonly counters: Bytes; readonly atMs: number }>()
  readonly #bindings = new Map<string, Bytes>()

  reboot(): void {
    for (const name of this.#bindings.keys()) this.#bindings.set(name, NO_BYTES)
  }

  see({ seen, bindings, askedMs, reading }: Sight): void {
    for (const [session, counters] of seen) {
      this.shown.add(session)
      if (!counters) continue
      const known = this.#counted.get(session)
      this.#counted.set(session, { counters, atMs: askedMs })
      const delta = this.#deltaOf(session, known?.counters, counters)
      if (isNothing(delta)) continue
      const { username } = session
      this.carried.set(username, addBytes(this.carried.get(username) ?? NO_BYTES, delta))
      const spanMs = askedMs - (known?.atMs ?? session.loginMs)
      this.deltas.push({ username, fromMs: reading.at.wall.getTime() - spanMs, ...delta })
    }
    for (const [name, counters] of bindings) this.#bindings.set(name, counters)
  }

  #deltaOf(session: TrueSession, known: Bytes | undefined, now: Bytes): Bytes {
    const before = known ?? this.#startOf(session)
    if (!before) this.baselines++
    if (!before) return NO_BYTES
    const hasFallen = now.upload < before.upload || now.download < before.download
    if (hasFallen && known) this.resets++
    if (hasFallen) return now
    return { upload: now.upload - before.upload, download: now.download - before.download }
  }

  /** Rule 10: a binding's counters run on; where they were never known there is nothing to count from. */
  #startOf({ binding }: TrueSession): Bytes | undefined {
    return binding === undefined ? NO_BYTES : this.#bindings.get(binding)
  }
}
