import pLimit, { type LimitFunction } from 'p-limit'
import type { Grant } from '../../auth/bearer.ts'
import { Seats } from '../../runtime/capacity.ts'
import type { Clock } from '../../runtime/clock.ts'
import { RateLimit } from '../../runtime/rate-limit.ts'
import { problem, type Reply } from '../http/reply.ts'

/** Limits on reading the tables, so that no tenant slows down the others. All admins count as one tenant. */
export interface ReadLimits {
  /** How many requests at once, and how many per second after that. */
  readonly requestsAtOnce: number
  readonly requestsPerSecond: number
  /** Pages that are read from the database at the same time. Further ones wait. */
  readonly pagesPerTenant: number
  /** CSV downloads at the same time. Each keeps a connection of the database. */
  readonly streamsPerTenant: number
  readonly streamsInAll: number
  /** A CSV download that takes longer is cut off. */
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

/** The key for all tenants together. */
const ALL = ''

/** Enforces the limits. */
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

  /** Counts a request. @returns the answer if there were too many */
  enter(grant: Grant): Reply | undefined {
    const { requestsAtOnce: atOnce, requestsPerSecond: perSecond } = this.#limits
    const nowMs = this.#clock.steadyMs()
    const key = readerKey(grant)
    const rate = this.#rates.get(key) ?? new RateLimit({ atOnce, perSecond }, nowMs)
    this.#rates.set(key, rate)
    if (rate.take(nowMs)) return undefined
    return problem(429, `at most ${atOnce} requests at once, and ${perSecond} a second`, {
      'Retry-After': String(rate.secondsToNext(nowMs)),
    })
  }

  /** Reads a page when it is the tenant's turn. */
  inTurn<Page>(grant: Grant, ask: () => Promise<Page>): Promise<Page> {
    const key = readerKey(grant)
    const limit = this.#turns.get(key) ?? pLimit(this.#limits.pagesPerTenant)
    this.#turns.set(key, limit)
    return limit(ask)
  }

  /** Takes a place for a CSV download. @returns how to leave it, or the answer if there is none */
  seat(grant: Grant): { readonly kind: 'seated'; leave(): void } | { readonly kind: 'full'; reply: Reply } {
    const key = readerKey(grant)
    if (!this.#tenantSeats.take(key)) {
      const detail = `at most ${this.#limits.streamsPerTenant} CSV downloads at the same time: wait until one ends`
      return { kind: 'full', reply: problem(429, detail, { 'Retry-After': '5' }) }
    }
    if (!this.#seats.take(ALL)) {
      this.#tenantSeats.release(key)
      return {
        kind: 'full',
        reply: problem(503, 'too many CSV downloads are running', { 'Retry-After': '5' }),
      }
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

/** A tenant's id has no slash, so it cannot be `/admin`. */
function readerKey(grant: Grant): string {
  return grant.kind === 'admin' ? '/admin' : grant.tenant
}
