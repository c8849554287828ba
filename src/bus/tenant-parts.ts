import type { TenantId } from '../accounting/ids.ts'
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
  readonly board: Pick<ExchangedBoard, 'setPart'>
}

/** Enough for a tenant with a million subscribers. */
const MOST_BYTES = 64 * 1024 * 1024
/** Daemons that may tell of one tenant. */
const MOST_DAEMONS = 64
/** A daemon that has told nothing for so many intervals is no longer believed. */
const SILENT = 3
/** Whole parts are asked for at most so often. */
const ASK_EVERY_MS = 1_000

interface Teller {
  readonly reader: PartReader
  heardMs: number
}

/** The parts of one tenant that the other daemons publish, shown on the board. */
export class TenantParts {
  readonly #options: TenantPartsOptions
  readonly #assembly = new Assembly({ mostBytes: MOST_BYTES, mostSenders: MOST_DAEMONS })
  readonly #tellers = new Map<string, Teller>()
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

  stop(): void {
    this.#close()
    for (const daemon of this.#tellers.keys()) this.#forget(daemon)
  }

  /** Notes that somebody asked for the tenant. */
  touch(): void {
    this.#touchedMs = this.#options.clock.steadyMs()
  }

  get idleMs(): number {
    return this.#options.clock.steadyMs() - this.#touchedMs
  }

  /** The ids of the daemons that tell of the tenant. */
  get daemons(): readonly string[] {
    return [...this.#tellers.keys()]
  }

  /** Falls back to the tables for daemons that are silent. */
  forgetSilent(): void {
    const { clock, intervalMs } = this.#options
    for (const [daemon, { heardMs }] of this.#tellers)
      if (clock.steadyMs() - heardMs > SILENT * intervalMs) this.#forget(daemon)
  }

  #take(piece: Uint8Array): void {
    const message = this.#assembly.take(piece)
    const { self, clock, board, tenant, intervalMs } = this.#options
    if (!message || message.daemon === self) return
    const teller = this.#tellers.get(message.daemon) ?? { reader: new PartReader(), heardMs: 0 }
    if (this.#tellers.size >= MOST_DAEMONS && !this.#tellers.has(message.daemon)) return
    const taken = teller.reader.take(message)
    if (taken.kind === 'gap') this.#askWhole()
    if (taken.kind !== 'part') return
    if (taken.routers.length === 0) {
      this.#forget(message.daemon)
      return
    }
    teller.heardMs = clock.steadyMs()
    this.#tellers.set(message.daemon, teller)
    board.setPart(tenant, message.daemon, taken.routers, intervalMs)
  }

  #forget(daemon: string): void {
    this.#tellers.delete(daemon)
    this.#options.board.setPart(this.#options.tenant, daemon, undefined, 0)
  }

  #askWhole(): void {
    const { bus, tenant, clock } = this.#options
    if (clock.steadyMs() - this.#askedMs < ASK_EVERY_MS) return
    this.#askedMs = clock.steadyMs()
    bus.publish(SUBJECTS.wholePart(tenant), new Uint8Array())
  }
}
