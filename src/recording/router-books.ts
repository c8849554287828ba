import { groupBy } from '../accounting/group-by.ts'
import type { RouterKey, TenantId } from '../accounting/ids.ts'
import type { CheckpointRecord } from './journal-port.ts'
import type { RouterBook } from './router-book.ts'

/** The books of the routers that are read here, or only wait for their last commit, by router and by tenant. */
export class RouterBooks {
  readonly #all = new Map<RouterKey, RouterBook>()
  readonly #byTenant = new Map<TenantId, Set<RouterBook>>()

  get size(): number {
    return this.#all.size
  }

  get(key: RouterKey): RouterBook | undefined {
    return this.#all.get(key)
  }

  has(key: RouterKey): boolean {
    return this.#all.has(key)
  }

  /** Whether a router is here, and not only for its last commit. */
  isRead(key: RouterKey): boolean {
    const book = this.#all.get(key)
    return book !== undefined && book.leaving === undefined
  }

  /** A copy of the keys. */
  get routers(): ReadonlySet<RouterKey> {
    return new Set(this.#all.keys())
  }

  keys(): Iterable<RouterKey> {
    return this.#all.keys()
  }

  values(): Iterable<RouterBook> {
    return this.#all.values()
  }

  entries(): Iterable<readonly [RouterKey, RouterBook]> {
    return this.#all
  }

  ofTenant(tenant: TenantId): Iterable<RouterBook> {
    return this.#byTenant.get(tenant) ?? []
  }

  /**
   * The routers that have something to commit, with the number of sessions concerned, place by place.
   * @param placeOf where a tenant's rows are
   */
  pending(placeOf: (tenant: TenantId) => string): ReadonlyMap<RouterKey, number> {
    const pending = [...this.#all.values()].filter(book => book.hasPending)
    const places = groupBy(pending, ({ about }) => placeOf(about.tenant))
    return new Map([...places.values()].flat().map(({ key, pendingSessions }) => [key, pendingSessions]))
  }

  /** What the database does not have yet, router by router, each as it is when the iteration reaches it. */
  *checkpoints(): Iterable<CheckpointRecord> {
    for (const [router, book] of this.#all)
      if (book.hasPending) yield { kind: 'checkpoint', router, epoch: book.epoch, pending: book.pending() }
  }

  add(book: RouterBook): void {
    this.delete(book.key)
    this.#all.set(book.key, book)
    const { tenant } = book.about
    const books = this.#byTenant.get(tenant)
    if (books) books.add(book)
    else this.#byTenant.set(tenant, new Set([book]))
  }

  delete(key: RouterKey): void {
    const book = this.#all.get(key)
    if (!book) return
    this.#all.delete(key)
    const { tenant } = book.about
    const books = this.#byTenant.get(tenant)
    books?.delete(book)
    if (books?.size === 0) this.#byTenant.delete(tenant)
  }
}
