import type { Calendar } from './accounting/calendar.ts'
import { decide, type Terms } from './accounting/decide.ts'
import type { Decision, Entry } from './accounting/entry.ts'
import { type RouterId, type RouterKey, routerKey, type SessionId, type TenantId } from './accounting/ids.ts'
import { adopt, type Ledger } from './accounting/ledger.ts'
import { type LiveService, liveService, sessionsJson } from './accounting/live.ts'
import { type Pending, PendingBuilder } from './accounting/pending.ts'
import type { Reading, Service } from './accounting/reading.ts'
import { SERVICES } from './accounting/reading.ts'
import type { Rollup } from './accounting/rollup.ts'
import type { RouterState, SessionJson, Snapshot, Totals } from './accounting/snapshot.ts'
import { type Share, spread } from './accounting/spread.ts'
import { isFresh, snapshotOf, type TenantView, totalsOf } from './accounting/tenant-view.ts'

/** Where the numbers are kept. */
export interface LedgerStore {
  /**
   * Writes many routers' pending in one transaction. A rejection may have written it or not: the same pending is
   * offered again, and told `already` where it had been.
   */
  commit(batch: readonly RouterCommit[]): Promise<ReadonlyMap<RouterKey, CommitOutcome>>
}

export interface RouterCommit {
  readonly tenant: TenantId
  readonly router: RouterId
  readonly pending: Pending
}

export type CommitOutcome =
  | 'applied'
  | 'already'
  /** Somebody else wrote this router since it was loaded. */
  | 'conflict'

export interface RecordedRouter {
  readonly tenant: TenantId
  readonly router: RouterId
  readonly name: string | undefined
  readonly terms: Terms
}

/** A router as the database has it. */
export interface StoredRouter {
  readonly position: number
  readonly ledgers: Readonly<Record<Service, Ledger>>
}

/** How a router is doing, as whoever reads it knows. */
export interface RouterCondition {
  readonly state: RouterState
  readonly identity: string | undefined
  readonly lastError: string | undefined
}

export interface RecorderOptions {
  readonly store: LedgerStore
  readonly bucketMs: number
  readonly staleAfterMs: number
  readonly newSessionId: () => SessionId
  readonly conditionOf: (router: RouterKey) => RouterCondition | undefined
}

/** Another process writes the same router: what this one holds of it can't be added to what is there now. */
export class OwnershipLost extends Error {
  override readonly name = 'OwnershipLost'
}

interface Book {
  readonly about: RecordedRouter
  readonly ledgers: Record<Service, Ledger>
  readonly live: Partial<Record<Service, LiveService>>
  /** What was offered to the database and is not known to be there. Offered again as it is until it is. */
  offered: Pending | undefined
  /** What came since. */
  building: PendingBuilder
}

interface TenantBook {
  calendar: Calendar
  readonly rollup: Rollup
}

/**
 * From a reading to the record:
 *
 *     1. decide    what the reading means for the open sessions                        accounting, pure
 *     2. journal   the entries, to a file                                              (its place is here)
 *     3. adopt     the ledger moves on, the bytes wait for the database
 *     4. publish   live snapshots = what is committed + what waits
 *     5. commit    every router at its own pace, many to a transaction                 store
 */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #tenants = new Map<TenantId, TenantBook>()
  readonly #routers = new Map<RouterKey, Book>()

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** Begins a tenant, or gives one that is there another calendar. */
  addTenant(tenant: TenantId, calendar: Calendar, rollup: Rollup): void {
    const known = this.#tenants.get(tenant)
    if (known) known.calendar = calendar
    else this.#tenants.set(tenant, { calendar, rollup })
  }

  removeTenant(tenant: TenantId): void {
    this.#tenants.delete(tenant)
  }

  addRouter(about: RecordedRouter, stored: StoredRouter): void {
    this.#routers.set(routerKey(about.tenant, about.router), {
      about,
      ledgers: { ...stored.ledgers },
      live: {},
      offered: undefined,
      building: new PendingBuilder(stored.position),
    })
  }

  /** Forgets a router that is no longer read, once all of it is committed. */
  async removeRouter(key: RouterKey): Promise<void> {
    await this.commit([key])
    this.#routers.delete(key)
  }

  /** Takes one reading; readings of one router and service come one after the other. */
  record(key: RouterKey, reading: Reading): void {
    const book = this.#routers.get(key)
    const tenant = book && this.#tenants.get(book.about.tenant)
    if (!book || !tenant) return
    const ledger = book.ledgers[reading.service]
    const decision = decide(ledger, reading, book.about.terms, this.#options.newSessionId)
    const adopted = adopt(ledger, decision)
    book.ledgers[reading.service] = adopted
    const shares = this.#spread(decision, tenant.calendar)
    book.building.add(decision, shares)
    for (const its of shares.values()) for (const share of its) tenant.rollup.add(share.day, share)
    book.live[reading.service] = liveService(adopted, decision)
  }

  /** The routers that have something to commit, with how many sessions it concerns. */
  pending(): ReadonlyMap<RouterKey, number> {
    const pending = new Map<RouterKey, number>()
    for (const [key, book] of this.#routers)
      if (book.offered || !book.building.isEmpty)
        pending.set(key, (book.offered?.sessions.size ?? 0) + book.building.sessionCount)
    return pending
  }

  /**
   * Commits all that these routers have, in one transaction, or two where an earlier one's outcome is not known.
   * @throws what the store throws: nothing is lost, and the next call offers the same again
   * @throws OwnershipLost
   */
  async commit(keys: readonly RouterKey[]): Promise<void> {
    const books = keys.flatMap(key => this.#routers.get(key) ?? [])
    await this.#offer(books.filter(book => book.offered))
    for (const book of books) {
      if (book.offered || book.building.isEmpty) continue
      book.offered = book.building.build()
      book.building = new PendingBuilder(book.offered.position)
    }
    await this.#offer(books.filter(book => book.offered))
  }

  tenants(): readonly TenantId[] {
    return [...this.#tenants.keys()]
  }

  /** @returns `undefined` for a tenant that isn't there */
  snapshot(tenant: TenantId, now: Date): Snapshot | undefined {
    const view = this.#view(tenant)
    return view && snapshotOf(view, now, this.#options.staleAfterMs)
  }

  totals(tenant: TenantId, now: Date): Totals | undefined {
    const view = this.#view(tenant)
    return view && totalsOf(view, now, this.#options.staleAfterMs)
  }

  /** A tenant's sessions that are live. */
  sessions(tenant: TenantId, now: Date): readonly SessionJson[] | undefined {
    if (!this.#tenants.has(tenant)) return undefined
    const sessions: SessionJson[] = []
    for (const { about, ledgers, live } of this.#booksOf(tenant))
      for (const service of SERVICES) {
        const its = live[service]
        if (isFresh(its, now, this.#options.staleAfterMs))
          sessions.push(...sessionsJson(about.router, service, ledgers[service], its))
      }
    return sessions
  }

  async #offer(books: readonly Book[]): Promise<void> {
    const batch = books.flatMap(({ about, offered }) => (offered ? [{ ...about, pending: offered }] : []))
    if (batch.length === 0) return
    const outcomes = await this.#options.store.commit(batch)
    for (const book of books) {
      const key = routerKey(book.about.tenant, book.about.router)
      if (outcomes.get(key) === 'conflict')
        throw new OwnershipLost(`${key} was written by another process: is a second daemon running?`)
      book.offered = undefined
    }
  }

  #spread(decision: Decision, calendar: Calendar): ReadonlyMap<Entry, readonly Share[]> {
    const shares = new Map<Entry, readonly Share[]>()
    for (const entry of decision.entries)
      if (entry.kind !== 'stop' && entry.counted)
        shares.set(entry, spread(entry.counted, this.#options.bucketMs, calendar))
    return shares
  }

  #view(tenant: TenantId): TenantView | undefined {
    const book = this.#tenants.get(tenant)
    if (!book) return undefined
    const routers = Array.from(this.#booksOf(tenant), ({ about, live }) => {
      const condition = this.#options.conditionOf(routerKey(tenant, about.router))
      return {
        id: about.router,
        name: about.name ?? (condition?.identity || about.router),
        state: condition?.state ?? 'disabled',
        error: condition?.lastError,
        hotspot: live.hotspot,
        ppp: live.ppp,
      }
    })
    return { tenant, calendar: book.calendar, rollup: book.rollup, routers }
  }

  *#booksOf(tenant: TenantId): Iterable<Book> {
    for (const book of this.#routers.values()) if (book.about.tenant === tenant) yield book
  }
}
