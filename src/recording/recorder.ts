import type { Decision } from '../accounting/entry.ts'
import { type RouterKey, routerKey, type SessionId, type TenantId } from '../accounting/ids.ts'
import { BrokenInvariant, checkDecision, checkSamePosition, checkShares } from '../accounting/invariants.ts'
import type { Reading } from '../accounting/reading.ts'
import { removal } from '../accounting/removal.ts'
import { type Shares, type Spreading, sharesOf } from '../accounting/spread.ts'
import type { Steps } from '../accounting/steps.ts'
import type { Journal } from './journal-port.ts'
import type { LedgerStore } from './ports.ts'
import type { RecordedRouter, RouterBook } from './router-book.ts'
import type { RouterBooks } from './router-books.ts'
import { type Uncommitted, UncommittedSoFar } from './uncommitted.ts'

export interface RecorderOptions {
  readonly store: LedgerStore
  readonly journal: Journal
  /** The books of the routers that are read here. Only the recorder changes them. */
  readonly books: RouterBooks
  /** How a tenant's bytes are put into buckets and days; `undefined` for a tenant that never was here. */
  readonly spreadingOf: (tenant: TenantId) => Spreading | undefined
  readonly newSessionId: () => SessionId
  /** Runs long work in slices, so that it does not block the event loop. */
  readonly work: <Result>(steps: Steps<Result>) => Result | Promise<Result>
  /** Called with each reading and its decision, as soon as the decision is durable or is known not to become so. */
  readonly onRecorded: (reading: Reading, decision: Decision, isDurable: boolean) => void
  /** Called when a router's live numbers have changed after a poll. */
  readonly onAdopted: (book: RouterBook) => void
  /** Called when a router that was removed or moved is forgotten, after all of it was committed. */
  readonly onForgotten: (book: RouterBook) => void
}

/**
 * Takes readings all the way to the database:
 *
 *     1. decide    what the reading means for the open sessions                        accounting, pure
 *     2. journal   the decision, to a file
 *     3. adopt     the ledger moves on, the bytes wait for the database
 *     4. publish   live snapshots = what is committed + what waits
 *     5. commit    every router at its own pace, many to a transaction                 store
 */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #routers: RouterBooks
  readonly #recording = new Map<RouterKey, Promise<void>>()
  #committing: Promise<Uncommitted> | undefined

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#routers = options.books
  }

  /** Takes back a router that is leaving. @returns whether it was still here; then its ledger need not be loaded */
  takeBack(key: RouterKey): boolean {
    const book = this.#routers.get(key)
    if (book) book.leaving = undefined
    return book !== undefined
  }

  /** Replaces the settings of a router. */
  updateRouter(about: RecordedRouter): void {
    const book = this.#routers.get(routerKey(about.tenant, about.router))
    if (book) book.about = about
  }

  addRouter(book: RouterBook): void {
    this.#routers.add(book)
  }

  /**
   * Ends the sessions of a router that was removed from the config, and forgets it as soon as all of it is committed. The
   * roster stops the router's loop first, so none of its polls is under way.
   */
  removeRouter(key: RouterKey): void {
    const book = this.#routers.get(key)
    if (!book) return
    book.leaving = 'removed'
    const spreading = this.#options.spreadingOf(book.about.tenant)
    for (const service of book.services) {
      const decision = removal(book.ledger(service), service, book.about.terms)
      if (!decision || !spreading) continue
      // It need not be durable: it is committed soon, and until then the next start finds the removed router again.
      void this.#journal(book, decision, 0)
      book.remove(decision, spreading)
    }
    this.#forgetLeaving([book])
  }

  /** As `removeRouter`, but for a router that another daemon is to read: its sessions stay open. */
  moveRouter(key: RouterKey): void {
    const book = this.#routers.get(key)
    if (!book) return
    book.leaving ??= 'moved'
    this.#forgetLeaving([book])
  }

  /**
   * Forgets a lost router, as soon as nothing is under way with it: what a commit under way has written is not lost.
   * @returns its book, with what will never be committed
   */
  async loseRouter(key: RouterKey): Promise<RouterBook | undefined> {
    const underWay = () => this.#recording.get(key) ?? this.#committing
    for (let it = underWay(); it; it = underWay()) await Promise.allSettled([it])
    const book = this.#routers.get(key)
    this.#routers.delete(key)
    return book
  }

  /**
   * Records the readings of one poll. The router's loop waits for each poll, so a router has at most one under way.
   * @param readings one for each service
   */
  async record(key: RouterKey, readings: readonly Reading[]): Promise<void> {
    const book = this.#routers.get(key)
    if (!book) return
    const recording = this.#record(book, readings)
    this.#recording.set(key, recording)
    try {
      await recording
    } finally {
      this.#recording.delete(key)
    }
  }

  /** How many slices one call of `commit` may have. */
  get slicesAtOnce(): number {
    return this.#options.store.slicesAtOnce
  }

  /** The routers that have something to commit, place by place, with the number of sessions concerned. */
  pending(): ReadonlyMap<RouterKey, number> {
    return this.#routers.pending(tenant => this.#options.store.placeOf(tenant))
  }

  /** The routers that have so much to commit that it must not wait. */
  hurried(): readonly RouterKey[] {
    return [...this.#routers.entries()].flatMap(([key, book]) => (book.isHurried ? [key] : []))
  }

  /**
   * Commits all that these routers have, in one transaction, or in two if the outcome of an earlier one is not known. The
   * commit loop waits for each commit, so at most one is under way.
   * @throws the store's errors; then nothing is lost, and the next call offers the same again
   */
  async commit(keys: readonly RouterKey[]): Promise<Uncommitted> {
    this.#committing = this.#commit(keys)
    try {
      return await this.#committing
    } finally {
      this.#committing = undefined
    }
  }

  async #record(book: RouterBook, readings: readonly Reading[]): Promise<void> {
    const { newSessionId, spreadingOf, work, onRecorded, onAdopted } = this.#options
    const decisions: Decision[] = []
    for (const reading of readings) {
      const decided = work(book.decide(reading, newSessionId, decisions))
      const decision = decided instanceof Promise ? await decided : decided
      checkDecision(book.key, decision)
      decisions.push(decision)
    }
    const before = spreadingOf(book.about.tenant)
    const spreads: Shares[] = []
    if (before)
      for (const decision of decisions) {
        const spread = work(sharesOf(decision, before))
        const shares = spread instanceof Promise ? await spread : spread
        checkShares(book.key, decision, shares)
        spreads.push(shares)
      }
    const { position } = book
    const areDurable = await Promise.all(decisions.map((it, index) => this.#journal(book, it, index)))
    for (const [index, reading] of readings.entries()) {
      const decision = decisions[index]
      if (decision) onRecorded(reading, decision, areDurable[index] === true)
    }
    const spreading = spreadingOf(book.about.tenant)
    if (!spreading) return
    const isSame = spreading.calendar === before?.calendar
    checkSamePosition(book.key, 'decisions are adopted where they were journaled', position, book.position)
    // Without a pause: a checkpoint of the journal must have all that was appended, and no reader may see half a poll.
    for (const [index, decision] of decisions.entries())
      book.adopt(decision, spreading, isSame ? spreads[index] : undefined)
    onAdopted(book)
  }

  /** @param ahead how many earlier decisions of the router are not adopted yet */
  #journal(book: RouterBook, decision: Decision, ahead: number): Promise<boolean> {
    const { key: router, epoch } = book
    const position = book.position + 1 + ahead
    return this.#options.journal.append({ kind: 'decision', router, epoch, position, decision })
  }

  async #commit(keys: readonly RouterKey[]): Promise<Uncommitted> {
    const books = keys.flatMap(key => this.#routers.get(key) ?? [])
    const left = new UncommittedSoFar()
    const offered = books.filter(book => book.offered)
    await this.#offer(offered, left)
    const rest = books.filter(book => !book.offered)
    await this.#offer(rest, left)
    return left
  }

  async #offer(books: readonly RouterBook[], left: UncommittedSoFar): Promise<void> {
    const offers = books.flatMap(book => {
      const pending = book.offer()
      return pending ? [{ book, commit: { ...book.about, epoch: book.epoch, pending } }] : []
    })
    if (offers.length === 0) return
    const outcomes = await this.#options.store.commit(offers.map(it => it.commit))
    for (const { book, commit } of offers) {
      const { key } = book
      const outcome = outcomes.get(key)
      switch (outcome?.kind) {
        case 'committed':
        case 'already':
          this.#options.journal.committed(key, commit.epoch, commit.pending.position)
          book.confirm()
          if (outcome.kind === 'already') break
          if (outcome.setAside) left.setAside.set(key, outcome.setAside)
          if (outcome.others) left.crowded.set(key, book.noteOthers(outcome.others))
          break
        case 'refused':
          left.refused.set(key, outcome.reason)
          break
        case 'lost':
          left.lost.set(key, book.epoch)
          break
        case 'conflict':
          throw new BrokenInvariant(key, 'the database is where the last commit left it', {
            ...{ position: outcome.position, base: commit.pending.basePosition },
          })
        case undefined:
          break
        default:
          outcome satisfies never
      }
    }
    this.#forgetLeaving(books)
  }

  #forgetLeaving(books: readonly RouterBook[]): void {
    for (const book of books) {
      const { key } = book
      if (book.leaving === undefined || book.hasPending || this.#routers.get(key) !== book) continue
      this.#options.onForgotten(book)
      this.#routers.delete(key)
    }
  }
}
