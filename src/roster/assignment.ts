import { hash } from 'node:crypto'
import { type RouterId, type RouterKey, routerKey, type TenantId } from '../accounting/ids.ts'
import type { Steps } from '../accounting/steps.ts'
import type { ListedRouters } from './ports.ts'

/*
 * Which daemon should read which router. Every daemon computes it from the same rows of the database and so comes to the
 * same result, without asking the others:
 *
 *     1. A tenant ranks the daemons that list it by rendezvous hashing, weighted by their shares: Thaler & Ravishankar,
 *        "Using name-based mappings to increase hit rates", IEEE/ACM ToN 6(1), 1998; the weights by logarithms. If a
 *        daemon goes, only its own tenants move.
 *     2. Tenants are placed from the largest to the smallest, each on the first daemon of its ranking that has room:
 *        "Consistent hashing with bounded loads", Mirrokni, Thorup & Zadimoghaddam, SODA 2018. A daemon has room up to
 *        1.2 times its share of the whole load.
 *     3. A tenant that fits nowhere is split, and each of its routers is placed in the same way by its own ranking.
 *
 * Routers of a tenant that different daemons list are placed separately.
 */

/** A daemon that takes part. */
export interface Participant {
  readonly id: string
  /** How much it should read in proportion to the others. One with 0 reads only what no other one can. */
  readonly share: number
}

export interface AssignmentInput {
  readonly participants: readonly Participant[]
  /** By the participant's id. */
  readonly lists: ReadonlyMap<string, ReadonlyMap<TenantId, ListedRouters>>
  /** Sessions of each router; 0 for one that was never read. */
  readonly sessions: ReadonlyMap<RouterKey, number>
}

export interface Assignment {
  /** The id of the daemon that should read each router. */
  readonly readers: ReadonlyMap<RouterKey, string>
  /** The load of each daemon in proportion to its share of the whole: 1 is exactly its share. */
  readonly loads: ReadonlyMap<string, number>
}

/** A router costs as much as this many sessions, even without any: its connection and its polls. */
const ROUTER_LOAD = 20
/** The largest load, in proportion to the share. */
export const BOUND = 1.2

/** What is placed together. */
interface Unit {
  readonly name: string
  readonly load: number
  readonly routers: readonly PlacedRouter[]
  /** The daemons that list all of it. */
  readonly candidates: readonly Participant[]
}

interface PlacedRouter {
  readonly key: RouterKey
  readonly load: number
}

/** Computes who should read what, one tenant a step. */
export function* assign(input: AssignmentInput): Steps<Assignment> {
  const isAnyCounted = input.participants.some(({ share }) => share > 0)
  const participants = isAnyCounted ? input.participants : input.participants.map(it => ({ ...it, share: 1 }))
  const units: Unit[] = []
  for (const unit of unitsOf({ ...input, participants })) {
    units.push(unit)
    yield
  }
  const placing = new Placing(participants, units)
  for (const unit of units.sort(byLoad)) {
    placing.place(unit)
    yield
  }
  return placing.assignment
}

function* unitsOf({ participants, lists, sessions }: AssignmentInput): Iterable<Unit> {
  const listers = new Map<TenantId, { readonly by: Participant; readonly list: ListedRouters }[]>()
  for (const by of [...participants].sort((a, b) => compare(a.id, b.id)))
    for (const [tenant, list] of lists.get(by.id) ?? []) {
      const others = listers.get(tenant)
      if (others) others.push({ by, list })
      else listers.set(tenant, [{ by, list }])
    }
  const placedOf = (tenant: TenantId, routers: readonly RouterId[]) =>
    routers.map((router): PlacedRouter => {
      const key = routerKey(tenant, router)
      return { key, load: ROUTER_LOAD + (sessions.get(key) ?? 0) }
    })
  for (const [tenant, ofTenant] of listers) {
    const [first] = ofTenant
    if (!first) continue
    const candidates = ofTenant.map(({ by }) => by)
    if (ofTenant.every(({ list }) => list.digest === first.list.digest)) {
      yield unitOf(tenant, placedOf(tenant, first.list.routers), candidates)
      continue
    }
    const groups = new Map<string, { candidates: Participant[]; routers: RouterId[] }>()
    for (const [router, by] of listersOf(ofTenant)) {
      const name = by.map(({ id }) => id).join(' ')
      const group = groups.get(name) ?? { candidates: by, routers: [] }
      groups.set(name, group)
      group.routers.push(router)
    }
    for (const group of groups.values())
      yield unitOf(tenant, placedOf(tenant, group.routers.sort(compare)), group.candidates)
  }
}

function listersOf(
  ofTenant: readonly { readonly by: Participant; readonly list: ListedRouters }[],
): ReadonlyMap<RouterId, Participant[]> {
  const listers = new Map<RouterId, Participant[]>()
  for (const { by, list } of ofTenant)
    for (const router of list.routers) {
      const others = listers.get(router)
      if (others) others.push(by)
      else listers.set(router, [by])
    }
  return listers
}

function unitOf(name: string, routers: readonly PlacedRouter[], candidates: readonly Participant[]): Unit {
  return { name, routers, candidates, load: routers.reduce((sum, { load }) => sum + load, 0) }
}

/** From the largest to the smallest. Loads of the same size are in the order of names, so that small changes move little. */
function byLoad(a: Unit, b: Unit): number {
  return Math.floor(Math.log2(b.load + 1)) - Math.floor(Math.log2(a.load + 1)) || compare(a.name, b.name)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

class Placing {
  readonly #readers = new Map<RouterKey, string>()
  readonly #loads = new Map<string, number>()
  /** The load that is exactly each daemon's share. */
  readonly #fair = new Map<string, number>()

  constructor(participants: readonly Participant[], units: readonly Unit[]) {
    const shares = participants.reduce((sum, { share }) => sum + share, 0)
    const load = units.reduce((sum, unit) => sum + unit.load, 0)
    for (const { id, share } of participants) {
      this.#loads.set(id, 0)
      this.#fair.set(id, (load * share) / shares)
    }
  }

  get assignment(): Assignment {
    const loads = new Map(Array.from(this.#loads.keys(), id => [id, this.#usedBy(id, 0)] as const))
    return { readers: this.#readers, loads }
  }

  place(unit: Unit): void {
    const reader = this.#firstWithRoom(unit)
    if (reader !== undefined) {
      this.#put(unit, reader)
      return
    }
    const parts = unit.routers.map(router => unitOf(router.key, [router], unit.candidates))
    for (const part of parts.sort(byLoad)) this.#put(part, this.#firstWithRoom(part) ?? this.#emptiest(part))
  }

  #put({ routers, load }: Unit, reader: string | undefined): void {
    if (reader === undefined) return
    this.#loads.set(reader, (this.#loads.get(reader) ?? 0) + load)
    for (const { key } of routers) this.#readers.set(key, reader)
  }

  #firstWithRoom({ name, load, candidates }: Unit): string | undefined {
    return ranked(name, candidates).find(({ id }) => this.#usedBy(id, load) <= BOUND)?.id
  }

  /** The daemon that is left with the smallest load in proportion to its share. */
  #emptiest({ name, load, candidates }: Unit): string | undefined {
    return ranked(name, candidates).reduce<string | undefined>(
      (least, { id }) =>
        least === undefined || this.#usedBy(id, load) < this.#usedBy(least, load) ? id : least,
      undefined,
    )
  }

  #usedBy(id: string, more: number): number {
    const fair = this.#fair.get(id) ?? 0
    const load = (this.#loads.get(id) ?? 0) + more
    return load === 0 ? 0 : load / fair
  }
}

/** The participants in the order in which a tenant or router prefers them. */
function ranked(name: string, participants: readonly Participant[]): readonly Participant[] {
  if (participants.length < 2) return participants
  return participants
    .map(it => ({ it, score: it.share / -Math.log(uniform(`${name}\n${it.id}`)) }))
    .sort((a, b) => b.score - a.score)
    .map(({ it }) => it)
}

/** A number in (0, 1) for a text, the same everywhere. */
function uniform(text: string): number {
  const bits = Number.parseInt(hash('sha256', text).slice(0, 13), 16)
  return (bits + 0.5) / 2 ** 52
}
