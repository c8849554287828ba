import type { TenantId } from '../accounting/ids.ts'
import type { PartRouter } from '../live/part.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Bus, SUBJECTS } from './bus.ts'
import type { ExchangedBoard } from './exchanged-board.ts'
import { PartReader } from './part-reader.ts'
import { Assembly } from './pieces.ts'

export interface TenantPartsOptions {
  readonly bus: Bus
  readonly tenant: TenantId
  /** This daemon's id. */
  readonly self: string
  readonly intervalMs: number
  readonly clock: Clock
  readonly board: Pick<ExchangedBoard, 'setParts'>
  /** Called when the tenant is shown as of another moment. */
  readonly onShown: (tenant: TenantId) => void
}

/** What is read here of a tenant, at one tick. */
export interface OwnPart {
  /** The number of the interval, the same at all daemons. */
  readonly tick: number
  readonly at: Date
  readonly routers: readonly PartRouter[]
}

/** Enough for a tenant with a million subscribers. */
const MOST_BYTES = 64 * 1024 * 1024
/** Daemons that may publish parts of one tenant. */
const MOST_DAEMONS = 64
/** A daemon that was silent for this many intervals is no longer shown. */
const SILENT = 3
/** Whole parts are asked for at most so often. */
const ASK_EVERY_MS = 1_000
/** The time for the parts of a tick to come. */
const SETTLED_WITHIN_MS = 300

interface Publisher {
  readonly reader: PartReader
  heardMs: number
  tick: number
  routers: readonly PartRouter[]
}

/**
 * The parts of one tenant: our own, and those that the other daemons publish. They are shown together, once all parts of
 * a tick are there, so that all daemons show the same numbers for it.
 *
 *     our part of tick n ──▶ waiting ── all others have published tick n, or 300 ms have passed ──▶ shown
 *                                                                  a part of tick n that is later ──▶ shown again
 */
export class TenantParts {
  readonly #options: TenantPartsOptions
  readonly #assembly = new Assembly({ mostBytes: MOST_BYTES, mostSenders: MOST_DAEMONS })
  readonly #publishers = new Map<string, Publisher>()
  #own: OwnPart | undefined
  /** Since when our own part waits for the others; `undefined`: it is shown. */
  #waitingSinceMs: number | undefined
  #touchedMs: number
  #askedMs = Number.NEGATIVE_INFINITY
  #close: () => void = () => {}

  constructor(options: TenantPartsOptions) {
    this.#options = options
    this.#touchedMs = options.clock.steadyMs()
  }

  start(): void {
    const { bus, tenant } = this.#options
    this.#close = bus.subscribe(SUBJECTS.part(tenant), message => this.#take(message))
    this.#askWhole()
  }

  /** The tenant is shown without parts from now on. */
  stop(): void {
    this.#close()
    this.#options.board.setParts(this.#options.tenant, new Map(), undefined)
  }

  /** Notes that somebody asked for the tenant. */
  touch(): void {
    this.#touchedMs = this.#options.clock.steadyMs()
  }

  get idleMs(): number {
    return this.#options.clock.steadyMs() - this.#touchedMs
  }

  /** The ids of the daemons that publish parts of the tenant. */
  get daemons(): readonly string[] {
    return [...this.#publishers.keys()]
  }

  /** Takes our own part, which is shown with the others' parts of its tick. */
  tick(own: OwnPart): void {
    const { clock, intervalMs } = this.#options
    this.#own = own
    this.#waitingSinceMs = clock.steadyMs()
    // The routers of silent daemons are shown from the tables again.
    for (const [daemon, { heardMs }] of this.#publishers)
      if (clock.steadyMs() - heardMs > SILENT * intervalMs) this.#publishers.delete(daemon)
    this.#settle()
  }

  /** Shows our own part without those that are late. */
  settleLate(): void {
    const sinceMs = this.#waitingSinceMs
    if (sinceMs !== undefined && this.#options.clock.steadyMs() - sinceMs >= SETTLED_WITHIN_MS) this.#show()
  }

  #take(piece: Uint8Array): void {
    const message = this.#assembly.take(piece)
    const { self, clock } = this.#options
    if (!message || message.daemon === self) return
    const known = this.#publishers.get(message.daemon)
    if (!known && this.#publishers.size >= MOST_DAEMONS) return
    const publisher = known ?? { reader: new PartReader(), heardMs: 0, tick: -1, routers: [] }
    const taken = publisher.reader.take(message)
    const ownTick = this.#own?.tick
    if (taken.kind === 'gap') this.#askWhole()
    if (taken.kind !== 'part') return
    const isLate = publisher.tick !== ownTick && taken.tick === ownTick
    if (taken.routers.length === 0) this.#publishers.delete(message.daemon)
    else {
      Object.assign(publisher, { heardMs: clock.steadyMs(), tick: taken.tick, routers: taken.routers })
      this.#publishers.set(message.daemon, publisher)
    }
    // A daemon that comes or goes or is late is shown at once; otherwise everybody waits for the next tick.
    if (this.#waitingSinceMs !== undefined) this.#settle()
    else if (!known || isLate || taken.routers.length === 0) this.#show()
  }

  #settle(): void {
    const tick = this.#own?.tick ?? 0
    if ([...this.#publishers.values()].every(it => it.tick >= tick)) this.#show()
  }

  #show(): void {
    const { board, tenant, self, intervalMs, onShown } = this.#options
    const shown = Array.from(
      this.#publishers,
      ([daemon, { routers }]) => [daemon, { routers, lagMs: intervalMs }] as const,
    )
    const own = this.#own
    this.#waitingSinceMs = undefined
    const parts = new Map(
      own ? [...shown, [self, { routers: own.routers, lagMs: intervalMs }] as const] : shown,
    )
    board.setParts(tenant, parts, own?.at)
    onShown(tenant)
  }

  #askWhole(): void {
    const { bus, tenant, clock } = this.#options
    if (clock.steadyMs() - this.#askedMs < ASK_EVERY_MS) return
    this.#askedMs = clock.steadyMs()
    bus.publish(SUBJECTS.wholePart(tenant), new Uint8Array())
  }
}
