import { addBytes, type Bytes, NO_BYTES } from '../../src/accounting/bytes.ts'
import type { Sight, TrueSession } from './wobbly-router.ts'

/**
 * What readings carried, by who each session really is: no identity, clock or tolerance comes into it. Written
 * from the rules' words, and apart from the ledger.
 */
export class Truth {
  readonly carried = new Map<string, Bytes>()
  /** Sessions that some reading showed. */
  readonly shown = new Set<TrueSession>()
  readonly #counted = new Map<TrueSession, Bytes>()
  readonly #bindings = new Map<string, Bytes>()

  reboot(): void {
    for (const name of this.#bindings.keys()) this.#bindings.set(name, NO_BYTES)
  }

  see({ seen, bindings }: Sight): void {
    const on = new Set<string | undefined>()
    for (const [session, counters] of seen) {
      this.shown.add(session)
      if (!counters) continue
      on.add(session.binding)
      const before = this.#counted.get(session) ?? this.#startOf(session)
      this.#counted.set(session, counters)
      if (!before) continue
      const sum = this.carried.get(session.username) ?? NO_BYTES
      this.carried.set(session.username, addBytes(sum, since(before, counters)))
    }
    for (const [name, counters] of bindings) this.#bindings.set(name, counters)
  }

  /** Rule 10: a binding's counters run on; where they were never known there is nothing to count from. */
  #startOf({ binding }: TrueSession): Bytes | undefined {
    return binding === undefined ? NO_BYTES : this.#bindings.get(binding)
  }
}

function since(before: Bytes, now: Bytes): Bytes {
  if (now.upload < before.upload || now.download < before.download) return now
  return { upload: now.upload - before.upload, download: now.download - before.download }
}
