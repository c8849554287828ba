import type { Calendar } from '../accounting/calendar.ts'
import { type RouterId, type RouterKey, routerKey, type TenantId } from '../accounting/ids.ts'
import type { Spreading } from '../accounting/spread.ts'
import { DistinctNames } from '../live/distinct-names.ts'
import { type PartRouter, partRouter, type TenantPartsShown } from '../live/part.ts'
import { sessionsJson } from '../live/service.ts'
import type { RouterState, SessionJson, ShownService, Snapshot, Totals } from '../live/snapshot.ts'
import { isFresh, type RouterView, snapshotOf, type TenantView, totalsOf } from '../live/tenant-view.ts'
import {
  liveOtherRouter,
  newestOf,
  type OtherRouter,
  otherRouter,
  type TenantOtherRouters,
} from './other-router.ts'
import type { StoredDecision } from './ports.ts'
import type { RouterBook } from './router-book.ts'
import type { RouterBooks } from './router-books.ts'
import { overloadOf, type TenantBook } from './tenant-book.ts'

/** The condition of a router that is read here. */
export interface RouterCondition {
  readonly state: RouterState
  readonly identity: string | undefined
  readonly lastError: string | undefined
  readonly missingMenus: RouterView['missingMenus']
  readonly overloaded: RouterView['overloaded']
}

export interface TenantBoardOptions {
  /** The books of the routers that are read here. */
  readonly books: RouterBooks
  /** The services that are shown, in their order. */
  readonly services: readonly ShownService[]
  readonly bucketMs: number
  readonly staleAfterMs: number
  /** The time that another daemon's reading takes through the database. */
  readonly otherRoutersLagMs: number
  readonly conditionOf: (router: RouterKey) => RouterCondition | undefined
}

/** The tenants and their live numbers: what is committed, plus what waits for the database. */
export class TenantBoard {
  readonly #options: TenantBoardOptions
  readonly #tenants = new Map<TenantId, TenantBook>()

  constructor(options: TenantBoardOptions) {
    this.#options = options
  }

  /** Adds a tenant, or replaces the calendar of one that is or was here. */
  addTenant(tenant: TenantId, calendar: Calendar): void {
    const otherRouters = this.#tenants.get(tenant)?.otherRouters ?? new Map<RouterId, OtherRouter>()
    const parts = this.#tenants.get(tenant)?.parts ?? new Map()
    const services = this.#options.services.map(it => ({ ...it, distinct: new DistinctNames() }))
    this.#tenants.set(tenant, {
      calendar,
      otherRouters,
      parts,
      services,
      partsAt: undefined,
      isRemoved: false,
    })
  }

  /** Stops showing a tenant. Its calendar stays, because its routers may still have something to commit. */
  removeTenant(tenant: TenantId): void {
    const book = this.#tenants.get(tenant)
    if (book) book.isRemoved = true
  }

  /** Replaces what is known of a tenant's other routers. */
  setOtherRouters({ tenant, stored, here, configOf }: TenantOtherRouters): void {
    const book = this.#tenants.get(tenant)
    if (!book) return
    // A router that was read here then, and no longer is, is not among the stored. It was kept by `keepRollup`.
    const kept = [...book.otherRouters].filter(([router]) => here.has(routerKey(tenant, router)))
    const { otherRoutersLagMs } = this.#options
    const loaded = Array.from(
      stored,
      ([router, its]) => [router, otherRouter(router, configOf(router), its, otherRoutersLagMs)] as const,
    ).map(([router, it]) => {
      // The rollup of a router that has not changed has what was credited since.
      const before = book.otherRouters.get(router)
      return [router, before && before.stored === it.stored ? { ...it, rollup: before.rollup } : it] as const
    })
    this.#tenants.set(tenant, { ...book, otherRouters: new Map([...kept, ...loaded]) })
  }

  /**
   * What this daemon knows best of a tenant, for the other daemons: the routers that it reads or is about to read, and those
   * that it has given away, until their new reader tells of them. So all daemons show the same while a router moves.
   */
  part(tenant: TenantId, now: Date): readonly PartRouter[] {
    const book = this.#tenants.get(tenant)
    if (!book) return []
    const { name: day } = book.calendar.dayAt(now.getTime())
    const routers: PartRouter[] = []
    const here = new Set<RouterId>()
    for (const router of this.#options.books.ofTenant(tenant)) {
      here.add(router.about.router)
      if (router.isRemoved) continue
      const view = this.#viewOf(router, book, now)
      if (router.lives.size > 0 || this.#isFresh(view, now))
        routers.push(partRouter(view, router.rollup, router.epoch, day))
    }
    for (const [id, other] of book.otherRouters) {
      const { movedFrom, rollup } = other
      if (movedFrom === undefined || here.has(id)) continue
      const isTold = [...book.parts.values()].some(part => (part.get(id)?.epoch ?? -1) > movedFrom)
      const view = isTold ? undefined : this.#otherView(other, now)
      if (view && this.#isFresh(view, now)) routers.push(partRouter(view, rollup, movedFrom, day))
    }
    return routers
  }

  /**
   * Replaces the parts of a tenant that daemons read, by the daemon.
   * @param at the moment of all of them, if our own is among them: the tenant is shown as it was then
   */
  setParts(tenant: TenantId, parts: TenantPartsShown, at: Date | undefined): void {
    const book = this.#tenants.get(tenant)
    if (!book) return
    book.parts.clear()
    for (const [daemon, { routers, lagMs }] of parts)
      book.parts.set(daemon, new Map(routers.map(it => [it.id, liveOtherRouter(it, lagMs)] as const)))
    book.partsAt = at
  }

  /** Keeps the bytes of a router that is no longer read here. If it has moved, it is shown as it was last read. */
  keepRollup(router: RouterBook): void {
    const { about, rollup } = router
    const book = this.#tenants.get(about.tenant)
    if (!book) return
    const isMoved = router.leaving === 'moved'
    const { state: _, ...view } = this.#routerView(router)
    book.otherRouters.set(about.router, {
      ...{ stored: undefined, rollup, isEnabled: isMoved, movedFrom: isMoved ? router.epoch : undefined },
      view: isMoved ? { ...view, lagMs: this.#options.otherRoutersLagMs } : undefined,
    })
  }

  /** Adds credited bytes to their router's numbers, whether the router is read here or not. */
  credit({ id, tenant, router, credit }: StoredDecision): void {
    if (!credit) return
    const rollups = [
      this.#options.books.get(routerKey(tenant, router))?.rollup,
      this.#tenants.get(tenant)?.otherRouters.get(router)?.rollup,
    ]
    for (const rollup of rollups) rollup?.credit(id, credit.day, credit.bytes)
  }

  /** How a tenant's bytes are put into buckets and days; `undefined` for a tenant that never was here. */
  spreading(tenant: TenantId): Spreading | undefined {
    const calendar = this.#tenants.get(tenant)?.calendar
    return calendar && { calendar, bucketMs: this.#options.bucketMs }
  }

  /** A tenant's days; `undefined` for a tenant that never was here. */
  calendar(tenant: TenantId): Calendar | undefined {
    return this.#tenants.get(tenant)?.calendar
  }

  tenants(): readonly TenantId[] {
    return [...this.#tenants].filter(([, book]) => !book.isRemoved).map(([tenant]) => tenant)
  }

  /** @returns `undefined` for a tenant that is not here */
  snapshot(tenant: TenantId, now: Date): Snapshot | undefined {
    const at = this.#tenants.get(tenant)?.partsAt ?? now
    const view = this.#view(tenant, at)
    return view && snapshotOf(view, at, this.#options.staleAfterMs)
  }

  totals(tenant: TenantId, now: Date): Totals | undefined {
    const at = this.#tenants.get(tenant)?.partsAt ?? now
    const view = this.#view(tenant, at)
    return view && totalsOf(view, at, this.#options.staleAfterMs)
  }

  /** A tenant's live sessions. Each router's are made when the iteration reaches that router. */
  sessions(tenant: TenantId, now: Date): Iterable<SessionJson> | undefined {
    if (this.#tenants.get(tenant)?.isRemoved ?? true) return undefined
    return this.#sessionsOf([...this.#options.books.ofTenant(tenant)], now)
  }

  *#sessionsOf(books: readonly RouterBook[], now: Date): Iterable<SessionJson> {
    for (const book of books)
      for (const service of book.isRemoved ? [] : book.services) {
        const live = book.lives.get(service)
        if (isFresh(live, now, this.#options.staleAfterMs))
          yield* sessionsJson(book.about.router, service, book.ledger(service), live)
      }
  }

  #view(tenant: TenantId, now: Date): TenantView | undefined {
    const book = this.#tenants.get(tenant)
    if (!book || book.isRemoved) return undefined
    const live = newestOf(book.parts.values())
    // Our own part wins against the book that it was made from.
    const isNewest = ({ epoch, about }: RouterBook) => epoch > (live.get(about.router)?.epoch ?? -1)
    const books = [...this.#options.books.ofTenant(tenant)].filter(isNewest)
    const here = new Set(books.map(book => book.about.router))
    for (const router of here) live.delete(router)
    const others = [...book.otherRouters]
      .filter(([router]) => !here.has(router) && !live.has(router))
      .map(([, it]) => it)
    return {
      ...{ tenant, calendar: book.calendar, services: book.services },
      rollups: [...books, ...live.values(), ...others].map(it => it.rollup),
      routers: [
        ...books.filter(it => !it.isRemoved).map(it => this.#viewOf(it, book, now)),
        ...Array.from(live.values(), it => it.view),
        ...others.flatMap(it => this.#otherView(it, now) ?? []),
      ],
    }
  }

  /** Until its first reading here, a router is shown as its last reader left it. */
  #viewOf(router: RouterBook, { otherRouters }: TenantBook, now: Date): RouterView {
    const before = router.lives.size === 0 ? otherRouters.get(router.about.router) : undefined
    return (before && this.#otherView(before, now)) ?? this.#routerView(router)
  }

  #isFresh({ lives }: RouterView, now: Date): boolean {
    return [...lives.values()].some(live => isFresh(live, now, this.#options.staleAfterMs))
  }

  #routerView(book: RouterBook): RouterView {
    const { router, name } = book.about
    const condition = this.#options.conditionOf(book.key)
    return {
      id: router,
      name: name ?? (condition?.identity || router),
      state: condition?.state ?? (book.leaving === 'moved' ? 'online' : 'disabled'),
      error: condition?.lastError,
      missingMenus: condition?.missingMenus ?? [],
      overloaded: condition?.overloaded ?? overloadOf(book),
      lives: book.lives,
      lagMs: 0,
    }
  }

  #otherView({ view, isEnabled }: OtherRouter, now: Date): RouterView | undefined {
    if (!view) return undefined
    const staleAfterMs = this.#options.staleAfterMs + view.lagMs
    const isOnline = [...view.lives.values()].some(it => isFresh(it, now, staleAfterMs))
    return { ...view, state: isEnabled ? (isOnline ? 'online' : 'offline') : 'disabled' }
  }
}
