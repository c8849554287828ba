import { addBytes, type Bytes, isNothing, NO_BYTES } from '../../../src/accounting/bytes.ts'
import type { ActiveLie } from './lies.ts'
import { Trial } from './trial.ts'
import type { Sight, TrueRouter } from './true-router.ts'
import type { TrueSession } from './true-service.ts'

/** Bytes that a reading carried, and the earliest time at which they can have moved, by the reading's wall clock. */
export interface TrueDelta extends Bytes {
  readonly username: string
  readonly fromMs: number
}

/** What is known of a session from the last reading that had it. */
interface Known {
  readonly counters: Bytes
  readonly atMs: number
  readonly resets: number
  /** Whether the reading showed something untrue. */
  readonly isLie: boolean
}

/** What a router's static bindings showed last. */
interface KnownBindings {
  readonly last: Map<string, Bytes>
  /** What they showed before their counters fell while nobody used them. */
  readonly fallen: Map<string, Bytes>
}

/** A reading that had a session. */
interface Shown {
  /** What readings before it had. */
  readonly known: Known | undefined
  readonly now: Bytes
  readonly lie: ActiveLie | undefined
  readonly bindings: KnownBindings
}

/**
 * What readings of one service carried, for each session as it really is: without any identity, clock or tolerance.
 * Written from the text of the rules, independently of the ledger.
 */
export class Truth {
  readonly carried = new Map<string, Bytes>()
  /** What may be missing of it, since a reading was untrue or a reset could not be distinguished from a lie. */
  readonly slack = new Map<string, Bytes>()
  readonly deltas: TrueDelta[] = []
  /** Sessions that some reading showed. */
  readonly shown = new Set<TrueSession>()
  /** The number of resets of counters that had shown anything before (docs/accounting.md rule 7). */
  resets = 0
  /** Baselines on bindings without history (rule 10), and on a router that takes another's place (rule 5). */
  baselines = 0
  lies = 0
  readonly #trials = new Map<TrueSession, Trial>()
  readonly #known = new Map<TrueSession, Known>()
  /** Sessions that began in an untrue reading. */
  readonly #begunInLie = new Set<TrueSession>()
  /** Sessions found when their router took another's place. */
  readonly #strangers = new Set<TrueSession>()
  readonly #bindingsOf = new Map<TrueRouter, KnownBindings>()
  readonly #read = new Set<TrueRouter>()
  #router: TrueRouter | undefined

  /** Users with a reset that cannot be proved, or with a lie about them. */
  get doubtful(): ReadonlySet<string> {
    return new Set([...this.slack.keys(), ...Array.from(this.#trials.keys(), it => it.username)])
  }

  reboot(router: TrueRouter): void {
    const { last, fallen } = this.#bindings(router)
    for (const name of last.keys()) last.set(name, NO_BYTES)
    fallen.clear()
  }

  see(sight: Sight): void {
    const { router, seen, bindings, lies } = sight
    const isSwap = this.#router !== undefined && this.#router !== router
    const isStranger = isSwap && !this.#read.has(router)
    if (isSwap) for (const trial of this.#trials.values()) trial.cutShort()
    this.#router = router
    this.#read.add(router)
    for (const [session, counters] of seen) this.#seeOne(session, counters, sight, isStranger)
    const { last, fallen } = this.#bindings(router)
    for (const [name, counters] of bindings) {
      const before = last.get(name) ?? NO_BYTES
      if (hasFallen(before, counters)) fallen.set(name, before)
      last.set(name, counters)
    }
    this.lies += lies.size
    // An address may have changed without anybody knowing.
    if (isSwap) this.lies += seen.size
  }

  /** Allows for every reset that cannot be proved. */
  settle(): void {
    for (const [{ username }, trial] of this.#trials) if (!trial.isClear) this.#allow(username, trial.marks)
  }

  #seeOne(session: TrueSession, counters: Bytes | undefined, sight: Sight, isStranger: boolean): void {
    const { askedMs, reading, lies } = sight
    const lie = lies.get(session)
    this.shown.add(session)
    if (isStranger) this.#strangers.add(session)
    if (!counters) return
    const known = this.#known.get(session)
    this.#known.set(session, { counters, atMs: askedMs, resets: session.resets, isLie: lie !== undefined })
    const bindings = this.#bindings(sight.router)
    const delta = this.#deltaOf(session, known, counters, bindings)
    this.#try(session, { known, now: counters, lie, bindings })
    this.#doubt(session, known, delta, lie)
    if (isNothing(delta)) return
    const { username } = session
    this.carried.set(username, addBytes(this.carried.get(username) ?? NO_BYTES, delta))
    const spanMs = askedMs - (known?.atMs ?? session.loginMs)
    this.deltas.push({ username, fromMs: reading.at.wall.getTime() - spanMs, ...delta })
  }

  #deltaOf(session: TrueSession, known: Known | undefined, now: Bytes, bindings: KnownBindings): Bytes {
    if (known && known.resets !== session.resets) return now
    const before = known?.counters ?? this.#startOf(session, bindings)
    if (!before) this.baselines++
    if (!before) return NO_BYTES
    return hasFallen(before, now)
      ? now
      : { upload: now.upload - before.upload, download: now.download - before.download }
  }

  /** Rule 10: a binding's counters run on; if they were never known, there is nothing to count from. */
  #startOf(session: TrueSession, { last }: KnownBindings): Bytes | undefined {
    const { binding } = session
    if (this.#strangers.has(session)) return undefined
    return binding === undefined ? NO_BYTES : last.get(binding)
  }

  /** An earlier router that is back goes on with its bindings (docs/accounting.md rule 10). */
  #bindings(router: TrueRouter): KnownBindings {
    const known = this.#bindingsOf.get(router) ?? { last: new Map(), fallen: new Map() }
    this.#bindingsOf.set(router, known)
    return known
  }

  #try(session: TrueSession, { known, now, lie, bindings }: Shown): void {
    const isReset = known !== undefined && known.resets !== session.resets
    const trial = this.#trials.get(session)
    if (trial) trial.see(now, { isReset, isLie: lie !== undefined })
    else if (isReset) {
      const isDoubtful = lie !== undefined || known.isLie || session.binding !== undefined
      const begun = new Trial(known.counters, now, isDoubtful)
      this.#trials.set(session, begun)
      if (!isNothing(known.counters)) this.resets++
    } else if (!known) {
      const start = this.#startOf(session, bindings) ?? NO_BYTES
      const fallen = bindings.fallen.get(session.binding ?? '') ?? NO_BYTES
      if (hasFallen(start, now) || !isNothing(fallen))
        this.#trials.set(session, new Trial(addBytes(start, fallen), now, true))
    }
  }

  /** A lie can cost what its reading carried. If a session begins with one, the first true reading is in doubt too. */
  #doubt(session: TrueSession, known: Known | undefined, delta: Bytes, lie: ActiveLie | undefined): void {
    if (lie && !known) this.#begunInLie.add(session)
    if (lie || this.#begunInLie.has(session)) this.#allow(session.username, delta)
    if (!lie) this.#begunInLie.delete(session)
    if (lie) this.#trials.get(session)?.doubt()
  }

  #allow(username: string, bytes: Bytes): void {
    this.slack.set(username, addBytes(this.slack.get(username) ?? NO_BYTES, bytes))
  }
}

function hasFallen(before: Bytes, now: Bytes): boolean {
  return now.upload < before.upload || now.download < before.download
}
