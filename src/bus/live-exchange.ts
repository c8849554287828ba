import type { Calendar } from '../accounting/calendar.ts'
import type { TenantId } from '../accounting/ids.ts'
import type { SessionJson, Snapshot, Totals } from '../live/snapshot.ts'
import { Block } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { Loop } from '../runtime/loop.ts'
import { type Bus, SUBJECTS, tenantIn } from './bus.ts'
import type { ExchangedBoard } from './exchanged-board.ts'
import { PartWriter } from './part-writer.ts'
import { piecesOf } from './pieces.ts'
import { SessionExchange } from './session-exchange.ts'
import { type OwnPart, TenantParts } from './tenant-parts.ts'

export interface LiveExchangeOptions {
  readonly bus: Bus
  readonly board: ExchangedBoard
  /** This daemon's id. */
  readonly self: string
  /** Of this process: greater than that of any earlier one. */
  readonly run: number
  /** How often parts are published. */
  readonly intervalMs: number
  readonly clock: Clock
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** A tenant that nobody has asked for in so many intervals is no longer listened to. */
const LINGER = 12
/** Two requests for whole parts of a tenant get one. */
const WHOLE_EVERY_MS = 500
/** The moments in an interval at which some tenants have their turn. */
const SLOTS = 50

interface Outgoing {
  readonly writer: PartWriter
  number: number
  wholeAtMs: number
  last: OwnPart
}

/**
 * Exchanges live numbers with the other daemons. Each publishes what it reads of each tenant, once an interval, and
 * listens to the tenants that somebody asks for here. Without the bus, numbers of other routers come from the tables.
 *
 * A tenant has its turn at the same moment of each interval at all daemons, by their wall clocks, and is shown as of that
 * moment until the next one. So all daemons show the same numbers.
 *
 * The main file of `bus/`: what is read here goes out, and what the others read comes in. `bus.ts` is the port, which
 * `nats-bus.ts` implements. The folder imports `accounting/`, `live/` and `runtime/`.
 */
export class LiveExchange implements Component {
  readonly #options: LiveExchangeOptions
  readonly #outgoing = new Map<TenantId, Outgoing>()
  readonly #incoming = new Map<TenantId, TenantParts>()
  /** The tenants that have their turn at each moment of the interval. */
  #bySlot: TenantId[][] = []
  #groupedUntil = 0
  readonly #sessions: SessionExchange
  readonly #publishing: Loop
  readonly #closes: (() => void)[] = []
  #onShown: (tenant: TenantId) => void = () => {}

  constructor(options: LiveExchangeOptions) {
    this.#options = options
    this.#sessions = new SessionExchange(options)
    this.#publishing = new Loop(signal => this.#run(signal), options.onBug)
  }

  start(): void {
    const { bus } = this.#options
    this.#closes.push(
      bus.subscribe(SUBJECTS.anyWholePart, (_, subject) => this.#askedWhole(tenantIn(subject))),
    )
    this.#sessions.start()
    this.#publishing.start()
  }

  /** Tells the others that nothing is read here any more. */
  async stop(): Promise<void> {
    await this.#publishing.stop()
    for (const close of this.#closes.splice(0)) close()
    this.#sessions.stop()
    for (const parts of this.#incoming.values()) parts.stop()
    this.#incoming.clear()
    for (const [tenant, { last }] of this.#outgoing) this.#publish(tenant, { ...last, routers: [] }, false)
  }

  /** Tenants whose numbers of other daemons are received. */
  get listening(): number {
    return this.#incoming.size
  }

  /** Sets what is called when a tenant is shown as of another moment. */
  whenShown(call: (tenant: TenantId) => void): void {
    this.#onShown = call
  }

  tenants(): readonly TenantId[] {
    return this.#options.board.tenants()
  }

  calendar(tenant: TenantId): Calendar | undefined {
    return this.#options.board.calendar(tenant)
  }

  snapshot(tenant: TenantId, now: Date): Snapshot | undefined {
    this.#listen(tenant)
    return this.#options.board.snapshot(tenant, now)
  }

  totals(tenant: TenantId, now: Date): Totals | undefined {
    this.#listen(tenant)
    return this.#options.board.totals(tenant, now)
  }

  /** The sessions of other daemons are those of the last exchange. */
  sessions(tenant: TenantId, now: Date): Iterable<SessionJson> | undefined {
    this.#listen(tenant)
    const own = this.#options.board.sessions(tenant, now)
    return own && this.#sessions.addTo(own, tenant, this.#incoming.get(tenant)?.daemons ?? [])
  }

  #listen(tenant: TenantId): void {
    const known = this.#incoming.get(tenant)
    if (known) {
      known.touch()
      return
    }
    const { bus, board, self, intervalMs, clock } = this.#options
    const onShown = (shown: TenantId) => this.#onShown(shown)
    const parts = new TenantParts({ bus, tenant, self, intervalMs, clock, board, onShown })
    this.#incoming.set(tenant, parts)
    parts.start()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { intervalMs, clock } = this.#options
    const slotMs = intervalMs / SLOTS
    let turn = Math.floor(clock.now().getTime() / slotMs)
    while (!signal.aborted) {
      await clock.sleep((turn + 1) * slotMs - clock.now().getTime(), signal)
      if (signal.aborted) return
      const now = Math.floor(clock.now().getTime() / slotMs)
      // A timer may end a moment early.
      if (now === turn) continue
      // After a long block or a change of the clock, each tenant has one turn.
      const from = Math.max(turn + 1, now - SLOTS + 1)
      for (let due = Math.min(from, now); due <= now; due++) await this.#takeTurn(due, signal)
      turn = now
    }
  }

  async #takeTurn(turn: number, signal: AbortSignal): Promise<void> {
    const { board, intervalMs, clock } = this.#options
    if (turn >= this.#groupedUntil || turn < this.#groupedUntil - SLOTS) this.#group(turn)
    const block = new Block(clock)
    for (const tenant of this.#bySlot[turn % SLOTS] ?? []) {
      if (block.isTooLong) await block.pause()
      if (signal.aborted) return
      const at = clock.now()
      const own = { tick: Math.floor(turn / SLOTS), at, routers: board.part(tenant, at) }
      this.#publishIfAny(tenant, own)
      this.#incoming.get(tenant)?.tick(own)
    }
    for (const [tenant, parts] of this.#incoming)
      if (parts.idleMs > LINGER * intervalMs) {
        parts.stop()
        this.#incoming.delete(tenant)
      } else parts.settleLate()
    this.#sessions.forgetUnasked()
  }

  /** Finds the turns of all tenants for one interval. */
  #group(turn: number): void {
    this.#groupedUntil = turn + SLOTS
    this.#bySlot = Array.from({ length: SLOTS }, () => [])
    for (const tenant of this.#options.board.tenants()) this.#bySlot[slotOf(tenant)]?.push(tenant)
  }

  #publishIfAny(tenant: TenantId, own: OwnPart): void {
    if (own.routers.length > 0) this.#publish(tenant, own, false)
    // Otherwise the other daemons would show it until it is too old.
    else if (this.#outgoing.has(tenant)) {
      this.#publish(tenant, own, false)
      this.#outgoing.delete(tenant)
    }
  }

  #askedWhole(name: string): void {
    const { clock } = this.#options
    const tenant = name as TenantId
    const outgoing = this.#outgoing.get(tenant)
    if (!outgoing || clock.steadyMs() - outgoing.wholeAtMs < WHOLE_EVERY_MS) return
    outgoing.wholeAtMs = clock.steadyMs()
    this.#publish(tenant, outgoing.last, true)
  }

  #publish(tenant: TenantId, own: OwnPart, isWhole: boolean): void {
    const { bus, self, run, clock } = this.#options
    if (!bus.isUp) {
      // What was missed is not known when it comes back.
      this.#outgoing.delete(tenant)
      return
    }
    const outgoing = this.#outgoing.get(tenant) ?? {
      ...{ writer: new PartWriter(), number: clock.now().getTime(), wholeAtMs: Number.NEGATIVE_INFINITY },
      last: own,
    }
    outgoing.last = own
    this.#outgoing.set(tenant, outgoing)
    const body = outgoing.writer.write(own.tick, own.routers, isWhole)
    const head = { daemon: self, run, number: outgoing.number++ }
    for (const piece of piecesOf(head, body, bus.mostBytes)) bus.publish(SUBJECTS.part(tenant), piece)
  }
}

/** The same at all daemons, and different for tenants, so that the work is spread over the interval. */
function slotOf(tenant: TenantId): number {
  let hash = 0
  for (let place = 0; place < tenant.length; place++)
    hash = (Math.imul(hash, 31) + tenant.charCodeAt(place)) >>> 0
  return hash % SLOTS
}
