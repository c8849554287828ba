import type { Calendar } from '../accounting/calendar.ts'
import type { Spreading } from '../accounting/decision-shares.ts'
import { type RouterId, type RouterKey, routerKey, type TenantId } from '../accounting/ids.ts'
import type { Service } from '../accounting/reading.ts'
import { DistinctNames } from '../live/distinct-names.ts'
import { Rollup } from '../live/rollup.ts'
import { type LiveService, sessionsJson } from '../live/service.ts'
import type { RouterState, SessionJson, ShownService, Snapshot, Totals } from '../live/snapshot.ts'
import { isFresh, type RouterView, snapshotOf, type TenantView, totalsOf } from '../live/tenant-view.ts'
import type { StoredDecision, StoredElsewhere } from './ports.ts'
import type { RouterBook } from './router-book.ts'
import type { RouterBooks } from './router-books.ts'

/** How a router is doing, as whoever reads it knows. */
export interface RouterCondition {
  readonly state: RouterState
  readonly identity: string | undefined
  readonly lastError: string | undefined
  readonly missingMenus: RouterView['missingMenus']
  readonly overloaded: RouterView['overloaded']
}

export interface ElsewhereConfig {
  readonly name: string | undefined
  readonly enabled: boolean
}

/** A router of a tenant that is not read here: another daemon's, or one that left the config. */
interface ElsewhereRouter {
  /** What it was made of. */
  readonly stored: StoredElsewhere | undefined
  /** As the database had it last. */
  readonly rollup: Rollup
  /** Absent where it left the config. */
  readonly view: Omit<RouterView, 'state'> | undefined
  readonly isEnabled: boolean
}

/** What the database had of a tenant's routers. */
export interface TenantSighting {
  readonly tenant: TenantId
  readonly stored: ReadonlyMap<RouterId, StoredElsewhere>
  /** The routers that were left out. */
  readonly here: ReadonlySet<RouterKey>
  /** Absent for a router that left the config. */
  readonly configOf: (router: RouterId) => ElsewhereConfig | undefined
}

interface TenantBook {
  readonly calendar: Calendar
  readonly elsewhere: Map<RouterId, ElsewhereRouter>
  readonly services: TenantView['services']
  isRetired: boolean
}

export interface TenantBoardOptions {
  /** Of the routers that are read here. */
  readonly books: RouterBooks
  /** Those that are shown, in their order. */
  readonly services: readonly ShownService[]
  readonly bucketMs: number
  readonly staleAfterMs: number
  /** How long another daemon's reading may be on its way to us, through the database. */
  readonly elsewhereLagMs: number
  readonly conditionOf: (router: RouterKey) => RouterCondition | undefined
}

/** The tenants and their live numbers: what is committed, and what waits to be. */
export class TenantBoard {
  readonly #options: TenantBoardOptions
  readonly #tenants = new Map<TenantId, TenantBook>()

  constructor(options: TenantBoardOptions) {
    this.#options = options
  }

  /** Begins a tenant, or gives one that is or was here another calendar. */
  addTenant(tenant: TenantId, calendar: Calendar): void {
    const elsewhere = this.#tenants.get(tenant)?.elsewhere ?? new Map<RouterId, ElsewhereRouter>()
    const services = this.#options.services.map(it => ({ ...it, distinct: new DistinctNames() }))
    this.#tenants.set(tenant, { calendar, elsewhere, services, isRetired: false })
  }

  /** Its routers may have something to commit still, so its calendar stays. */
  retireTenant(tenant: TenantId): void {
    const book = this.#tenants.get(tenant)
    if (book) book.isRetired = true
  }

  setElsewhere({ tenant, stored, here, configOf }: TenantSighting): void {
    const book = this.#tenants.get(tenant)
    if (!book) return
    // What was here then and has left since is not among the stored; it was kept as it left.
    const left = [...book.elsewhere].filter(([router]) => here.has(routerKey(tenant, router)))
    const { elsewhereLagMs } = this.#options
    const seen = Array.from(
      stored,
      ([router, its]) => [router, elsewhereRouter(router, configOf(router), its, elsewhereLagMs)] as const,
    ).map(([router, it]) => {
      // One that has not moved has what was credited since.
      const before = book.elsewhere.get(router)
      return [router, before && before.stored === it.stored ? { ...it, rollup: before.rollup } : it] as const
    })
    this.#tenants.set(tenant, { ...book, elsewhere: new Map([...left, ...seen]) })
  }

  /** A router that is no longer read here: its bytes stay the tenant's. */
  keepRollup({ about, rollup }: RouterBook): void {
    const book = this.#tenants.get(about.tenant)
    if (!book) return
    book.elsewhere.set(about.router, { stored: undefined, rollup, view: undefined, isEnabled: false })
  }

  /** What somebody decided to be counted after all is part of its router's numbers from now on, whoever reads that. */
  credit({ id, tenant, router, credit }: StoredDecision): void {
    if (!credit) return
    const rollups = [
      this.#options.books.get(routerKey(tenant, router))?.rollup,
      this.#tenants.get(tenant)?.elsewhere.get(router)?.rollup,
    ]
    for (const rollup of rollups) rollup?.credit(id, credit.day, credit.bytes)
  }

  /** How a tenant's bytes are put into buckets and days; `undefined` for one that never was here. */
  spreading(tenant: TenantId): Spreading | undefined {
    const calendar = this.#tenants.get(tenant)?.calendar
    return calendar && { calendar, bucketMs: this.#options.bucketMs }
  }

  /** A tenant's days; `undefined` for one that never was here. */
  calendar(tenant: TenantId): Calendar | undefined {
    return this.#tenants.get(tenant)?.calendar
  }

  tenants(): readonly TenantId[] {
    return [...this.#tenants].filter(([, book]) => !book.isRetired).map(([tenant]) => tenant)
  }

  /** @returns `undefined` for a tenant that isn't there */
  snapshot(tenant: TenantId, now: Date): Snapshot | undefined {
    const view = this.#view(tenant, now)
    return view && snapshotOf(view, now, this.#options.staleAfterMs)
  }

  totals(tenant: TenantId, now: Date): Totals | undefined {
    const view = this.#view(tenant, now)
    return view && totalsOf(view, now, this.#options.staleAfterMs)
  }

  /** A tenant's sessions that are live. */
  /** Made as they are taken, each router's as they are when the first of them is. */
  sessions(tenant: TenantId, now: Date): Iterable<SessionJson> | undefined {
    if (this.#tenants.get(tenant)?.isRetired ?? true) return undefined
    return this.#sessionsOf([...this.#options.books.ofTenant(tenant)], now)
  }

  *#sessionsOf(books: readonly RouterBook[], now: Date): Iterable<SessionJson> {
    for (const book of books)
      for (const service of book.isRetired ? [] : book.services) {
        const its = book.lives.get(service)
        if (isFresh(its, now, this.#options.staleAfterMs))
          yield* sessionsJson(book.about.router, service, book.ledger(service), its)
      }
  }

  #view(tenant: TenantId, now: Date): TenantView | undefined {
    const its = this.#tenants.get(tenant)
    if (!its || its.isRetired) return undefined
    const books = [...this.#options.books.ofTenant(tenant)]
    const here = new Set(books.map(book => book.about.router))
    const elsewhere = [...its.elsewhere].filter(([router]) => !here.has(router)).map(([, it]) => it)
    return {
      ...{ tenant, calendar: its.calendar, services: its.services },
      rollups: [...books, ...elsewhere].map(it => it.rollup),
      routers: [
        ...books.filter(book => !book.isRetired).map(book => this.#routerView(book)),
        ...elsewhere.flatMap(it => this.#elsewhereView(it, now) ?? []),
      ],
    }
  }

  #routerView(book: RouterBook): RouterView {
    const { router, name } = book.about
    const condition = this.#options.conditionOf(book.key)
    return {
      id: router,
      name: name ?? (condition?.identity || router),
      state: condition?.state ?? 'disabled',
      error: condition?.lastError,
      missingMenus: condition?.missingMenus ?? [],
      overloaded: condition?.overloaded ?? overloadOf(book),
      lives: book.lives,
      lagMs: 0,
    }
  }

  #elsewhereView({ view, isEnabled }: ElsewhereRouter, now: Date): RouterView | undefined {
    if (!view) return undefined
    const staleAfterMs = this.#options.staleAfterMs + view.lagMs
    const isOnline = [...view.lives.values()].some(it => isFresh(it, now, staleAfterMs))
    return { ...view, state: isEnabled ? (isOnline ? 'online' : 'offline') : 'disabled' }
  }
}

/** A router as the database shows it: its rates are not known here. */
function elsewhereRouter(
  id: RouterId,
  config: ElsewhereConfig | undefined,
  stored: StoredElsewhere,
  lagMs: number,
): ElsewhereRouter {
  const { rollup, services } = stored
  const lives = new Map<Service, LiveService>()
  for (const [service, { readAt, online, uncounted }] of services) {
    const rates = { uploadBps: 0, downloadBps: 0, rates: () => new Map() }
    lives.set(service, {
      ...{ readAt, sessions: online.length, uncounted, subscribers: new Set(online) },
      ...rates,
    })
  }
  return {
    stored,
    rollup: new Rollup(rollup?.total, rollup?.days, rollup?.lastDecision),
    view: config && {
      ...{ id, name: config.name ?? id, error: undefined, missingMenus: [], overloaded: undefined },
      ...{ lives, lagMs },
    },
    isEnabled: config?.enabled ?? false,
  }
}

/** @returns `undefined` where no row of it is left out */
function overloadOf({ crowding, about }: RouterBook): string | undefined {
  if (crowding.leftOut === 0) return undefined
  const { maxSessions, newSessionsPerHour } = about.limits
  return `${crowding.leftOut} sessions are left out: raise max_sessions (${maxSessions}) or new_sessions_per_hour (${newSessionsPerHour})`
}
