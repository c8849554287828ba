import pLimit, { type LimitFunction } from 'p-limit'
import { Seats } from '../../runtime/capacity.ts'
import type { Clock } from '../../runtime/clock.ts'
import { RateLimit } from '../../runtime/rate-limit.ts'
import type { Grant } from '../http/authorization.ts'
import { problem, type Reply } from '../http/reply.ts'

/** What a tenant may ask of the tables, so that it costs the others nothing. All admins together count as one. */
export interface ReadLimits {
  /** As many at once, and so many a second after that. */
  readonly requestsAtOnce: number
  readonly requestsPerSecond: number
  /** Pages that are asked of the database at the same time; the next ones wait. */
  readonly pagesPerTenant: number
  /** CSV under way at the same time; each keeps a connection of the database. */
  readonly streamsPerTenant: number
  readonly streamsInAll: number
  /** Whoever takes longer over a CSV is cut off. */
  readonly streamWithinMs: number
}

export const READ_LIMITS: ReadLimits = {
  requestsAtOnce: 60,
  requestsPerSecond: 10,
  pagesPerTenant: 3,
  streamsPerTenant: 2,
  streamsInAll: 4,
  streamWithinMs: 15 * 60_000,
}

/** Of all tenants together. */
const ALL = ''

/** Who may ask now. */
export class ReadGate {
  readonly #limits: ReadLimits
  readonly #clock: Clock
  readonly #rates = new Map<string, RateLimit>()
  readonly #turns = new Map<string, LimitFunction>()
  readonly #tenantSeats: Seats
  readonly #seats: Seats

  constructor(options: { readonly limits: ReadLimits; readonly clock: Clock }) {
    this.#limits = options.limits
    this.#clock = options.clock
    this.#tenantSeats = new Seats(options.limits.streamsPerTenant)
    this.#seats = new Seats(options.limits.streamsInAll)
  }

  get streamWithinMs(): number {
    return this.#limits.streamWithinMs
  }

  /** Counts a request. @returns the answer to who asks too often */
  enter(grant: Grant): Reply | undefined {
    const { requestsAtOnce: atOnce, requestsPerSecond: perSecond } = this.#limits
    const nowMs = this.#clock.steadyMs()
    const key = keyOf(grant)
    const rate = this.#rates.get(key) ?? new RateLimit({ atOnce, perSecond }, nowMs)
    this.#rates.set(key, rate)
    if (rate.take(nowMs)) return undefined
    return problem(429, `${atOnce} requests at once and ${perSecond} a second are the most`, {
      'Retry-After': String(rate.secondsToNext(nowMs)),
    })
  }

  /** Asks for a page when it is the tenant's turn. */
  inTurn<Page>(grant: Grant, ask: () => Promise<Page>): Promise<Page> {
    const key = keyOf(grant)
    const limit = this.#turns.get(key) ?? pLimit(this.#limits.pagesPerTenant)
    this.#turns.set(key, limit)
    return limit(ask)
  }

  /** Takes a seat for a stream. @returns how to leave it, or the answer to who gets none */
  seat(grant: Grant): { readonly kind: 'seated'; leave(): void } | { readonly kind: 'full'; reply: Reply } {
    const key = keyOf(grant)
    if (!this.#tenantSeats.take(key)) {
      const detail = `${this.#limits.streamsPerTenant} CSV at the same time are the most: let one end`
      return { kind: 'full', reply: problem(429, detail, { 'Retry-After': '5' }) }
    }
    if (!this.#seats.take(ALL)) {
      this.#tenantSeats.release(key)
      return { kind: 'full', reply: problem(503, 'too many CSV are under way', { 'Retry-After': '5' }) }
    }
    let isSeated = true
    const leave = () => {
      if (!isSeated) return
      isSeated = false
      this.#tenantSeats.release(key)
      this.#seats.release(ALL)
    }
    return { kind: 'seated', leave }
  }
}

/** No tenant's id has a slash. */
function keyOf(grant: Grant): string {
  return grant.kind === 'admin' ? '/admin' : grant.tenant
}
