import type { Calendar } from './accounting/calendar.ts'
import { decide, type Terms } from './accounting/decide.ts'
import type { Decision, Entry } from './accounting/entry.ts'
import { type RouterId, type RouterKey, routerKey, type SessionId, type TenantId } from './accounting/ids.ts'
import { adopt, type Ledger } from './accounting/ledger.ts'
import { type LiveService, liveService, sessionsJson } from './accounting/live.ts'
import { type Pending, PendingBuilder } from './accounting/pending.ts'
import { type Reading, SERVICES, type Service } from './accounting/reading.ts'
import type { Rollup } from './accounting/rollup.ts'
import type { RouterState, SessionJson, Snapshot, Totals } from './accounting/snapshot.ts'
import { type Share, spread } from './accounting/spread.ts'
import { isFresh, snapshotOf, type TenantView, totalsOf } from './accounting/tenant-view.ts'
import { type LedgerStore, OwnershipLost, type StoredRouter } from './ledger-store.ts'

export interface RecordedRouter {
  readonly tenant: TenantId
  readonly router: RouterId
  readonly name: string | undefined
  readonly terms: Terms
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

interface Book {
  about: RecordedRouter
  /** It left the config and only waits for its last commit. */
  isRetired: boolean
  readonly ledgers: Record<Service, Ledger>
  readonly live: Partial<Record<Service, LiveService>>
  /** What was offered to the database and is not known to be there. Offered again as it is until it is. */
  offered: Pending | undefined
  /** What came since. */
  building: PendingBuilder
}

interface TenantBook {
  readonly calendar: Calendar
  /** Kept for a tenant that left the config as well: it may be ahead of the database when the tenant comes back. */
  readonly rollup: Rollup
  isRetired: boolean
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

  /** Begins a tenant, or gives one that is or was here another calendar: its rollup goes on. */
  addTenant(tenant: TenantId, calendar: Calendar, rollup: Rollup): void {
    const known = this.#tenants.get(tenant)
    this.#tenants.set(tenant, { calendar, rollup: known?.rollup ?? rollup, isRetired: false })
  }

  retireTenant(tenant: TenantId): void {
    const book = this.#tenants.get(tenant)
    if (book) book.isRetired = true
  }

  /** @returns whether the router was still here, so that its ledger is not to be loaded; it is no longer retired */
  takeBack(key: RouterKey): boolean {
    const book = this.#routers.get(key)
    if (book) book.isRetired = false
    return book !== undefined
  }

  /** Gives a router that is known its new settings. */
  updateRouter(about: RecordedRouter): void {
    const book = this.#routers.get(routerKey(about.tenant, about.router))
    if (book) book.about = about
  }

  addRouter(about: RecordedRouter, stored: StoredRouter): void {
    this.#routers.set(routerKey(about.tenant, about.router), {
      ...{ about, isRetired: false, live: {}, offered: undefined },
      ledgers: { ...stored.ledgers },
      building: new PendingBuilder(stored.position),
    })
  }

  /** Lets go of a router that is no longer read, as soon as all of it is committed. */
  retireRouter(key: RouterKey): void {
    const book = this.#routers.get(key)
    if (!book) return
    book.isRetired = true
    this.#forgetRetired([book])
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
   * @returns the routers whose commit was refused, with the reason; what they have is kept, and offered again
   * @throws what the store throws: nothing is lost, and the next call offers the same again
   * @throws OwnershipLost
   */
  async commit(keys: readonly RouterKey[]): Promise<ReadonlyMap<RouterKey, string>> {
    const books = keys.flatMap(key => this.#routers.get(key) ?? [])
    const again = books.filter(book => book.offered)
    const refusedAgain = await this.#offer(again)
    const ready = books.filter(book => !book.offered && !book.building.isEmpty)
    for (const book of ready) {
      book.offered = book.building.build()
      book.building = new PendingBuilder(book.offered.position)
    }
    return new Map([...refusedAgain, ...(await this.#offer(ready))])
  }

  tenants(): readonly TenantId[] {
    return [...this.#tenants].filter(([, book]) => !book.isRetired).map(([tenant]) => tenant)
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
    if (this.#tenants.get(tenant)?.isRetired ?? true) return undefined
    const sessions: SessionJson[] = []
    for (const { about, ledgers, live } of this.#booksOf(tenant))
      for (const service of SERVICES) {
        const its = live[service]
        if (isFresh(its, now, this.#options.staleAfterMs))
          sessions.push(...sessionsJson(about.router, service, ledgers[service], its))
      }
    return sessions
  }

  async #offer(books: readonly Book[]): Promise<ReadonlyMap<RouterKey, string>> {
    const refused = new Map<RouterKey, string>()
    const batch = books.flatMap(({ about, offered }) => (offered ? [{ ...about, pending: offered }] : []))
    if (batch.length === 0) return refused
    const outcomes = await this.#options.store.commit(batch)
    for (const book of books) {
      const key = keyOf(book)
      const outcome = outcomes.get(key)
      switch (outcome?.kind) {
        case 'committed':
        case 'already':
          book.offered = undefined
          break
        case 'refused':
          refused.set(key, outcome.reason)
          break
        case 'conflict':
          throw new OwnershipLost(`${key} was written by another process: is a second daemon running?`)
        case undefined:
          break
        default:
          outcome satisfies never
      }
    }
    this.#forgetRetired(books)
    return refused
  }

  #forgetRetired(books: readonly Book[]): void {
    for (const book of books)
      if (book.isRetired && !book.offered && book.building.isEmpty) this.#routers.delete(keyOf(book))
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
    if (!book || book.isRetired) return undefined
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
    for (const book of this.#routers.values()) if (book.about.tenant === tenant && !book.isRetired) yield book
  }
}

function keyOf({ about }: Book): RouterKey {
  return routerKey(about.tenant, about.router)
}
