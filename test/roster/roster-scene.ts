import { expect } from 'vitest'
import {
  type RouterId,
  type RouterKey,
  routerId,
  routerKey,
  type TenantId,
  tenantId,
} from '../../src/accounting/ids.ts'
import type { Config } from '../../src/config/config.ts'
import type { ConfiguredRouter } from '../../src/config/difference.ts'
import { Poller } from '../../src/poller/poller.ts'
import type {
  DiscardedReadings,
  RouterRef,
  StoredDecision,
  StoredOtherRouter,
  StoredRollup,
  StoredRouter,
} from '../../src/recording/ports.ts'
import { Ownership } from '../../src/roster/leases.ts'
import type {
  Leases,
  NewerDaemon,
  Offer,
  Removed,
  RosterStore,
  SyncedTenant,
} from '../../src/roster/ports.ts'
import type { RecoveredRouter, Recovery } from '../../src/roster/recovery.ts'
import { Roster } from '../../src/roster/roster.ts'
import { AUTH, configOf } from '../config/config-text.ts'
import { Observations } from '../harness/observations.ts'
import { ScriptedRouter } from '../poller/scripted-router.ts'
import { NEW_ROUTER, Scene } from '../recording/recorder-scene.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { rethrow } from '../runtime/rethrow.ts'
import { WHOLE } from './whole-part.ts'

export const LEASE_MS = 15_000
const LOOK_MS = 30_000
/** For a poll under way when its router is removed. */
const GRACE_MS = 3_000
export const ACME_HQ = keyOf('acme', 'hq')
export const ACME_SPARE = keyOf('acme', 'spare')

export function keyOf(tenant: string, router: string): RouterKey {
  return routerKey(tenantId(tenant), routerId(router))
}

export function refOf(tenant: string, router: string): RouterRef {
  return { tenant: tenantId(tenant), router: routerId(router) }
}

export class FakeRosterStore implements RosterStore {
  tenants: readonly SyncedTenant[] = []
  /** Every router that was ever in a config, or that the test put there. */
  readonly known = new Map<RouterKey, RouterRef>()
  readonly loaded: RouterKey[] = []
  readonly stored = new Map<RouterKey, StoredRouter>()
  readonly rollups = new Map<RouterKey, StoredRollup>()
  readonly services = new Map<RouterKey, StoredOtherRouter['services']>()
  /** Other routers without a commit since they were loaded. */
  readonly unmoved = new Set<RouterKey>()
  readonly discarded: DiscardedReadings[] = []
  readonly decisions: StoredDecision[] = []
  removed: Removed = { tenants: [], routers: [] }
  /** Routers that another daemon lists. */
  readonly listedElsewhere = new Set<RouterKey>()
  /** What each method waits for, or fails with. */
  answering: Promise<void> = Promise.resolve()
  /** What single methods wait for, or fail with. */
  readonly failing = new Map<keyof RosterStore, Promise<void>>()

  async syncConfig(tenants: readonly SyncedTenant[]): Promise<void> {
    await this.#answer('syncConfig')
    this.tenants = tenants
    for (const { id, routers } of tenants)
      for (const router of routers) this.know({ tenant: id, router: router.id })
  }

  async markRemoved(): Promise<void> {
    await this.#answer('markRemoved')
  }

  async loadListed(routers: readonly RouterRef[]): Promise<ReadonlySet<RouterKey>> {
    await this.#answer('loadListed')
    const keys = routers.map(it => routerKey(it.tenant, it.router))
    return new Set(keys.filter(key => this.listedElsewhere.has(key)))
  }

  know(ref: RouterRef): void {
    this.known.set(routerKey(ref.tenant, ref.router), ref)
  }

  async loadRemoved(): Promise<Removed> {
    await this.#answer('loadRemoved')
    return this.removed
  }

  async load(routers: readonly RouterRef[]): Promise<ReadonlyMap<RouterKey, StoredRouter>> {
    await this.#answer('load')
    const keys = routers.map(it => routerKey(it.tenant, it.router))
    this.loaded.push(...keys)
    return new Map(keys.map(key => [key, this.stored.get(key) ?? NEW_ROUTER]))
  }

  async loadRollups(): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredRollup>>> {
    await this.#answer('loadRollups')
    return this.#byTenant(key => this.rollups.get(key))
  }

  async loadOtherRouters(
    tenants: readonly TenantId[],
    here: ReadonlySet<RouterKey>,
    before: ReadonlyMap<RouterKey, StoredOtherRouter>,
  ): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredOtherRouter>>> {
    const found = this.#byTenant((key, ref) =>
      tenants.includes(ref.tenant) && !here.has(key)
        ? ((this.unmoved.has(key) ? before.get(key) : undefined) ?? {
            stamp: '1/1',
            name: undefined,
            rollup: this.rollups.get(key),
            services: this.services.get(key) ?? new Map(),
          })
        : undefined,
    )
    await this.#answer('loadOtherRouters')
    return found
  }

  async loadLastDecision(): Promise<number> {
    await this.#answer('loadLastDecision')
    return this.decisions.at(-1)?.id ?? 0
  }

  async loadDecisions(after: number): Promise<readonly StoredDecision[]> {
    const found = this.decisions.filter(it => it.id > after).slice(0, 2)
    await this.#answer('loadDecisions')
    return found
  }

  async recordDiscarded(readings: readonly DiscardedReadings[]): Promise<void> {
    await this.#answer('recordDiscarded')
    this.discarded.push(...readings)
  }

  async #answer(method: keyof RosterStore): Promise<void> {
    await this.answering
    await this.failing.get(method)
  }

  #byTenant<T>(of: (key: RouterKey, ref: RouterRef) => T | undefined): Map<TenantId, Map<RouterId, T>> {
    const found = new Map<TenantId, Map<RouterId, T>>()
    for (const [key, ref] of this.known) {
      const it = of(key, ref)
      if (it !== undefined)
        found.set(ref.tenant, (found.get(ref.tenant) ?? new Map<RouterId, T>()).set(ref.router, it))
    }
    return found
  }
}

/** Leases of a database that other daemons use as well. */
export class FakeLeases implements Leases {
  /** The owner of each router; `us` is this daemon. */
  readonly holders = new Map<RouterKey, { readonly owner: string; readonly epoch: number }>()
  readonly asked: string[] = []
  /** Routers that were released to a daemon. */
  offered: readonly Offer[] = []
  answering: Promise<void> = Promise.resolve()
  /** A process that was started later with our id. */
  newest: NewerDaemon | undefined

  async acquire(routers: readonly RouterRef[]): Promise<ReadonlyMap<RouterKey, number>> {
    this.asked.push('acquire')
    await this.answering
    const taken = new Map<RouterKey, number>()
    for (const { tenant, router } of routers) {
      const key = routerKey(tenant, router)
      const holder = this.holders.get(key) ?? { owner: '', epoch: 0 }
      if (holder.owner !== '' && holder.owner !== 'us') continue
      taken.set(key, holder.epoch + 1)
      this.holders.set(key, { owner: 'us', epoch: holder.epoch + 1 })
    }
    return taken
  }

  async renew(leases: ReadonlyMap<RouterKey, number>): Promise<ReadonlySet<RouterKey>> {
    this.asked.push('renew')
    await this.answering
    return new Set([...leases].filter(([key, epoch]) => this.#isOurs(key, epoch)).map(([key]) => key))
  }

  async release(
    leases: ReadonlyMap<RouterKey, number>,
    successorOf: (router: RouterKey) => string | undefined,
  ): Promise<void> {
    this.asked.push('release')
    await this.answering
    for (const [key, epoch] of leases)
      if (this.#isOurs(key, epoch)) this.holders.set(key, { owner: successorOf(key) ?? '', epoch })
  }

  async offers(): Promise<readonly Offer[]> {
    await this.answering
    return this.offered
  }

  async left(): Promise<readonly RouterKey[]> {
    await this.answering
    return []
  }

  async orphans(): Promise<readonly RouterKey[]> {
    await this.answering
    return []
  }

  async newer(): Promise<NewerDaemon | undefined> {
    await this.answering
    return this.newest
  }

  /** Another daemon takes a router. */
  take(key: RouterKey): void {
    this.holders.set(key, { owner: 'them', epoch: (this.holders.get(key)?.epoch ?? 0) + 1 })
  }

  /** The other daemon gives it back. */
  free(key: RouterKey): void {
    this.holders.set(key, { owner: '', epoch: this.holders.get(key)?.epoch ?? 0 })
  }

  ours(): readonly RouterKey[] {
    return [...this.holders].filter(([, { owner }]) => owner === 'us').map(([key]) => key)
  }

  #isOurs(key: RouterKey, epoch: number): boolean {
    const holder = this.holders.get(key)
    return holder?.owner === 'us' && holder.epoch === epoch
  }
}

const NOTHING: RecoveredRouter = {
  records: [],
  unapplied: { readings: 0, bytes: { upload: 0n, download: 0n } },
  isAhead: false,
}

/** A recovery of what the test puts there. */
export class FakeRecovery implements Recovery {
  readonly left = new Map<RouterKey, Omit<RecoveredRouter, 'isAhead'>>()
  readonly takings: RouterKey[] = []
  readonly forgotten: RouterKey[] = []

  get routers(): readonly RouterKey[] {
    return [...this.left.keys()]
  }

  async of(router: RouterKey): Promise<RecoveredRouter> {
    return { ...NOTHING, ...this.left.get(router) }
  }

  markRecovered(router: RouterKey): void {
    this.takings.push(router)
    this.left.delete(router)
  }

  markDone(router: RouterKey): void {
    this.forgotten.push(router)
    this.left.delete(router)
  }
}

/** A roster with its parts, and routers that answer at once. */
export function openHouse() {
  const scene = new Scene()
  const { clock, recorder, books, board } = scene
  const device = new ScriptedRouter('any', clock, { isObliging: true })
  const hosts: string[] = []
  const lines = new LogLines()
  const { log } = lines
  const poller = new Poller({
    ...{ isSpread: true, concurrency: 8, random: () => 0, log: new LogLines().log, clock },
    sink: recorder,
    heldBack: () => undefined,
    observer: new Observations(),
    graceMs: GRACE_MS,
    onBug: rethrow,
  })
  poller.start()
  const store = new FakeRosterStore()
  const recovery = new FakeRecovery()
  const leases = new FakeLeases()
  const linkTo =
    ({ router }: ConfiguredRouter) =>
    (signal: AbortSignal) => {
      hosts.push(router.host)
      return device.polled().connect(signal)
    }
  const stopping = new AbortController()
  const roster = new Roster({
    ...{ store, recovery, recorder, books, board, poller, linkTo, clock, log },
    ...{ stopping: stopping.signal, lookMs: LOOK_MS, onBug: rethrow },
    want: routers => ownership.want(routers),
  })
  const ownership: Ownership = new Ownership({
    ...{
      leases,
      owner: roster.owner,
      part: WHOLE,
      durationMs: LEASE_MS,
      stopping: stopping.signal,
      clock,
      log,
    },
    onBug: rethrow,
    onSuperseded: () => {},
  })
  const apply = async (config: Config) => {
    const restartNeeded = await roster.apply(config)
    await clock.turn(0)
    return restartNeeded
  }
  /** Starts the leases' turns and the roster's looks. */
  const run = () => {
    ownership.start()
    roster.start()
  }
  const end = async () => {
    await Promise.all([ownership.stop(), roster.stop()])
    const stopped = poller.stop()
    await clock.turn(GRACE_MS)
    await stopped
    expect(clock.sleepers).toBe(0)
  }
  const tenant = (name: string) => board.snapshot(tenantId(name), clock.now())
  /** The connection that is up. */
  const links = () => device.links.filter(link => !link.isClosed).length
  return {
    ...{ scene, clock, poller, store, recovery, leases, ownership, roster, stopping, lines, hosts, device },
    ...{ apply, run, end, tenant, links },
  }
}

export type House = ReturnType<typeof openHouse>

/** A config of these tenants, by id, with their routers in YAML. */
export function tenants(routers: Readonly<Record<string, readonly string[]>>, top = ''): Config {
  const blocks = Object.entries(routers).map(([id, its]) => `{ id: ${id}, routers: [${its.join(', ')}] }`)
  return configOf(`${AUTH}\n${top}\ntenants: [${blocks.join(', ')}]`)
}

export function router(id: string, more = ''): string {
  return `{ id: ${id}, host: ${id}.example, username: usage, password: "x", ${more} }`
}
