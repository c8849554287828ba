import { addBytes, addSums, type ByteSum, type Bytes, NO_BYTES, NO_SUM } from '../accounting/bytes.ts'
import { decideInSteps } from '../accounting/decide.ts'
import { countedBy, type Decision, startsOf } from '../accounting/entry.ts'
import { type RouterKey, routerKey, type SessionId } from '../accounting/ids.ts'
import { checkColumns, checkSums } from '../accounting/invariants.ts'
import { adopt, type Ledger, NEW_LEDGER, ofEarlierProcess, type Terms } from '../accounting/ledger.ts'
import { type Admission, admissionTo } from '../accounting/limits/admission.ts'
import type { Crowding } from '../accounting/limits/limit-use.ts'
import type { OthersShare } from '../accounting/limits/others.ts'
import type { Room } from '../accounting/limits/room.ts'
import { type RoomFor, SessionBudget, type SessionLimits } from '../accounting/limits/session-budget.ts'
import type { Reading, Service } from '../accounting/reading.ts'
import { type Shares, type Spreading, sharesOf, spreadGrowth } from '../accounting/spread.ts'
import { inOneGo, type Steps } from '../accounting/steps.ts'
import { adoptPending } from '../accounting/waiting/adopt-pending.ts'
import type { Pending } from '../accounting/waiting/pending.ts'
import { Waiting, type WaitingSum } from '../accounting/waiting/waiting.ts'
import { mostEventsOf } from '../accounting/waiting/waiting-events.ts'
import { HURRIED_BYTES, type WaitingLoad } from '../accounting/waiting/waiting-share.ts'
import type { Rollup } from '../live/rollup.ts'
import { type LiveService, liveService, sessionsIn, tailOf } from '../live/service.ts'
import type { RouterRef, StoredRouter } from './ports.ts'

/** What the recorder needs to know of a router. */
export interface RecordedRouter extends RouterRef {
  readonly name: string | undefined
  readonly terms: Terms
  readonly limits: SessionLimits
}

/** What an earlier process journaled of a router and the database does not have. */
export type RecoveredRecord =
  | { readonly kind: 'decision'; readonly decision: Decision }
  | { readonly kind: 'checkpoint'; readonly pending: readonly Pending[] }

/** What the recorder knows of one router: its open sessions, its live numbers, and what waits for the database. */
export class RouterBook {
  readonly key: RouterKey
  about: RecordedRouter
  /**
   * Why it is read no longer, and only waits for its last commit: it was removed from the config, or another daemon is to
   * read it.
   */
  leaving: 'removed' | 'moved' | undefined
  /** The epoch of the lease under which it is read and committed. */
  readonly epoch: number
  readonly rollup: Rollup
  readonly #ledgers: Map<Service, Ledger>
  readonly #live = new Map<Service, LiveService>()
  /** What the database does not have. */
  readonly #waiting: Waiting
  #tail: Bytes = NO_BYTES
  #others: ByteSum = NO_SUM
  readonly #budget = new SessionBudget()

  constructor(about: RecordedRouter, stored: StoredRouter, rollup: Rollup, epoch: number) {
    this.key = routerKey(about.tenant, about.router)
    this.about = about
    this.epoch = epoch
    this.rollup = rollup
    this.#ledgers = new Map(stored.ledgers)
    this.#waiting = new Waiting(this.key, stored.position, () => mostEventsOf(this.about.limits.maxSessions))
  }

  /** The number of its decisions so far. */
  get position(): number {
    return this.#waiting.position
  }

  get offered(): Pending | undefined {
    return this.#waiting.offered
  }

  get hasPending(): boolean {
    return !this.#waiting.isEmpty
  }

  get pendingSessions(): number {
    return this.#waiting.sessionCount
  }

  /** The services that it was ever read for, sorted by name. */
  get services(): readonly Service[] {
    return [...this.#ledgers.keys()].sort()
  }

  /** The ledger of a service; an empty one if the router was never read for it. */
  ledger(service: Service): Ledger {
    return this.#ledgers.get(service) ?? NEW_LEDGER
  }

  /** What this process last read, by service. */
  get lives(): ReadonlyMap<Service, LiveService> {
    return this.#live
  }

  /** Applies what an earlier process journaled, in its order, before the first reading of this process. */
  recover(records: readonly RecoveredRecord[], spreading: Spreading): void {
    for (const record of records)
      if (record.kind === 'decision') this.#adopt(record.decision, spreading)
      else for (const pending of record.pending) this.#adoptPending(pending)
    for (const [service, ledger] of this.#ledgers) this.#ledgers.set(service, ofEarlierProcess(ledger))
  }

  /**
   * Decides what a reading means for the open sessions. Changes nothing.
   * @param earlier decisions about other services in the same poll, not adopted yet
   */
  decide(reading: Reading, newId: () => SessionId, earlier: readonly Decision[] = []): Steps<Decision> {
    const begun = earlier.reduce((sum, decision) => sum + startsOf(decision), 0)
    const room = this.#roomFor(reading, begun)
    return decideInSteps(this.ledger(reading.service), reading, this.about.terms, newId, room)
  }

  /** Which rows of the next answer are worth holding. @param steadyMs about the time of the request */
  admission(service: Service, steadyMs: number): Admission {
    return admissionTo(this.ledger(service), this.#roomFor({ service, at: { steadyMs } }, 0))
  }

  /** The number of its sessions, how much of their limits they use, and how many rows are left out because of them. */
  get crowding(): Crowding {
    const sessions = sessionsIn(this.#live.values())
    return { sessions, uses: this.#budget.uses(this.about.limits, sessions), leftOut: this.#budget.leftOut }
  }

  /**
   * Estimates the bytes that sessions moved between their last reading and their logout, from their last rates, since
   * this book was opened. They are never recorded.
   */
  get tail(): Bytes {
    return this.#tail
  }

  /** Bytes that were committed under `(others)` since this book was opened. */
  get others(): ByteSum {
    return this.#others
  }

  /** Notes bytes that were committed under `(others)`. @returns the days that had none before */
  noteOthers(shares: readonly OthersShare[]): readonly string[] {
    for (const { bytes } of shares) this.#others = addSums(this.#others, bytes)
    return shares.filter(it => it.isFirst).map(it => it.day)
  }

  /**
   * Adopts a decision: the ledger moves on, the bytes wait for the database, and the live numbers follow.
   * @param shares the decision's shares, by the same spreading
   */
  adopt(
    decision: Decision,
    spreading: Spreading,
    shares: Shares = inOneGo(sharesOf(decision, spreading)),
  ): void {
    const before = this.#live.get(decision.service)
    this.#budget.note(decision, this.about.limits)
    this.#tail = addBytes(this.#tail, tailOf(decision, before))
    const ledger = this.#adopt(decision, spreading, shares)
    this.#live.set(decision.service, liveService(ledger, decision, before))
  }

  /** Ends all open sessions of one service. @param decision their `removal` */
  remove(decision: Decision, spreading: Spreading): void {
    const { service } = decision
    const isFromAnotherProcess = this.ledger(service).last?.isFromAnotherProcess === true
    this.#adopt(decision, spreading)
    // It is not a reading: what is known of the router's clock is as old as before.
    if (isFromAnotherProcess) this.#ledgers.set(service, ofEarlierProcess(this.ledger(service)))
    this.#live.delete(service)
  }

  /** What to offer to the database now: what it has not confirmed, or else all that came since. */
  offer(): Pending | undefined {
    return this.#waiting.offer()
  }

  /** Notes that what was offered is in the database. */
  confirm(): void {
    this.#waiting.confirm()
  }

  /** Confirms an offer that was never answered, if the database has it. */
  confirmBy({ committedEpoch, position }: StoredRouter): void {
    // If the epoch is a later one, another daemon may have made the position.
    const { offered } = this.#waiting
    if (offered && committedEpoch === this.epoch && position >= offered.position) this.confirm()
  }

  /** All that the database does not have, in one or two parts. */
  pending(): readonly Pending[] {
    return this.#waiting.parts()
  }

  /** The memory that waiting data takes, in bytes, and since when it waits. */
  get load(): WaitingLoad {
    return this.#waiting.load
  }

  get isRemoved(): boolean {
    return this.leaving === 'removed'
  }

  /** Whether what waits should be committed at once: because it is much, or because another daemon waits for it. */
  get isHurried(): boolean {
    return this.load.bytes > HURRIED_BYTES || (this.leaving === 'moved' && this.hasPending)
  }

  /** Events that were joined with others because there were too many, since this book was opened. */
  get joinedEvents(): number {
    return this.#waiting.joinedEvents
  }

  /** The readings that the database does not have, and their bytes. */
  get waiting(): WaitingSum {
    return this.#waiting.sum
  }

  /** @param begun sessions that earlier readings of the same poll began */
  #roomFor(about: RoomFor, begun: number): Room {
    const open = begun + sessionsIn(this.#live.values()) - (this.#live.get(about.service)?.sessions ?? 0)
    return this.#budget.roomFor(about, this.about.limits, open, begun)
  }

  #adopt(
    decision: Decision,
    spreading: Spreading,
    shares: Shares = inOneGo(sharesOf(decision, spreading)),
  ): Ledger {
    const { bucketMs, calendar } = spreading
    const growthShares = decision.growth ? spreadGrowth(decision.growth, bucketMs, calendar) : []
    const total = addSums(this.rollup.total, countedBy(decision))
    this.#waiting.add(decision, shares, growthShares)
    for (const ofEntry of shares.values()) for (const share of ofEntry) this.rollup.add(share.day, share)
    for (const { bucket, total } of growthShares) this.rollup.addSum(bucket.day, total)
    checkSums(this.key, 'live sums grow by what was adopted', total, this.rollup.total)
    const ledger = adopt(this.ledger(decision.service), decision)
    checkColumns(this.key, ledger.columns)
    this.#ledgers.set(decision.service, ledger)
    return ledger
  }

  #adoptPending(pending: Pending): void {
    for (const service of pending.readings.keys())
      this.#ledgers.set(service, adoptPending(this.ledger(service), service, pending))
    this.#waiting.addPending(pending)
    for (const { shares } of pending.sessions.values())
      for (const share of shares.values()) this.rollup.add(share.day, share)
  }
}
