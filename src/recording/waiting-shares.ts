import { getHeapStatistics } from 'node:v8'
import type { RouterKey } from '../accounting/ids.ts'
import {
  honestBytes,
  isCrowded,
  mostAtOnce,
  type SharedSpace,
  shareOf,
} from '../accounting/waiting/waiting-share.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { RouterBook } from './router-book.ts'
import type { RouterBooks } from './router-books.ts'

export interface WaitingSharesOptions {
  readonly books: RouterBooks
  readonly journal: { state(): { readonly bytes: number; readonly maxBytes: number } }
  /** Whether the database accepts the router's commits. */
  readonly isTaken: (router: RouterKey) => boolean
  /** The memory for the waiting data of all routers, in bytes. */
  readonly mostBytes: number
  /** The width of a bucket, in milliseconds. */
  readonly bucketMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** The greatest age of the sums over all routers. Each router asks at each of its ticks. */
const FRESH_MS = 1_000
const HEAP_SHARE = 1 / 4
/** A router is within its share again after ten minutes below half of it, so that the log gets one line for each change. */
const CALM = 0.5
const CALM_MS = 600_000

interface Sums {
  /** By the steady clock. */
  readonly atMs: number
  readonly allSessions: number
  readonly memory: SharedSpace
  readonly journal: SharedSpace
}

/**
 * Limits each router to its share of the memory and of the journal for waiting data. While one of the two is more than
 * half full, a router with more than its share is not read. No bytes are lost, because its counters run on. It is read
 * again when commits have made room, or when an honest router would have as much waiting data by then. While the
 * database accepts commits, no router may have more waiting data than fits in one commit.
 */
export class WaitingShares {
  readonly #options: WaitingSharesOptions
  /** For each router that was held back: when it last had more than half of its limit, in steady milliseconds. */
  readonly #heldMs = new Map<RouterKey, number>()
  #sums: Sums | undefined

  /** Makes it with a limit that depends on how much memory this process can have. */
  static onThisMachine(options: Omit<WaitingSharesOptions, 'mostBytes'>): WaitingShares {
    const mostBytes = getHeapStatistics().heap_size_limit * HEAP_SHARE
    return new WaitingShares({ ...options, mostBytes })
  }

  constructor(options: WaitingSharesOptions) {
    this.#options = options
  }

  /** The memory of all waiting data, and its limit, in bytes. Shares apply above half of the limit. */
  get memory(): SharedSpace {
    return this.#fresh().memory
  }

  /** @returns why the router must not be read for now, or `undefined` */
  heldBack(router: RouterKey): string | undefined {
    const book = this.#options.books.get(router)
    if (!book) return undefined
    const { memory, journal, allSessions } = this.#fresh()
    const crowded = [memory, journal].filter(isCrowded)
    const { bytes, since } = book.load
    const most = this.#options.isTaken(router)
      ? mostAtOnce(book.about.limits.maxSessions)
      : Number.POSITIVE_INFINITY
    const share = crowded.reduce(
      (least, whole) => Math.min(least, this.#shareOf(book, whole, allSessions, since)),
      Number.POSITIVE_INFINITY,
    )
    const held = heldText(bytes, most, share)
    this.#report(router, { bytes, allowed: Math.min(most, share) }, held)
    return held
  }

  #shareOf(
    { about, crowding }: RouterBook,
    whole: SharedSpace,
    allSessions: number,
    since: Date | undefined,
  ): number {
    const { clock, bucketMs } = this.#options
    const waitingMs = since ? clock.now().getTime() - since.getTime() : 0
    const { maxSessions } = about.limits
    return shareOf(whole, { maxSessions, allSessions }, honestBytes(crowding.sessions, waitingMs, bucketMs))
  }

  /** Logs once that a router is held back, and once that it no longer is. */
  #report(router: RouterKey, load: { bytes: number; allowed: number }, held: string | undefined): void {
    const { clock, log } = this.#options
    const heldMs = this.#heldMs.get(router)
    if (held !== undefined && heldMs === undefined) log.warn({ router, reason: held }, 'router held back')
    if (held !== undefined || (heldMs !== undefined && load.bytes > load.allowed * CALM))
      this.#heldMs.set(router, clock.steadyMs())
    else if (heldMs !== undefined && clock.steadyMs() - heldMs >= CALM_MS) {
      this.#heldMs.delete(router)
      log.info({ router }, 'router no longer held back')
    }
  }

  #fresh(): Sums {
    const { books, journal, mostBytes, clock } = this.#options
    const atMs = clock.steadyMs()
    if (this.#sums && atMs - this.#sums.atMs < FRESH_MS) return this.#sums
    let [usedBytes, allSessions] = [0, 0]
    for (const { load, about } of books.values()) {
      usedBytes += load.bytes
      allSessions += about.limits.maxSessions
    }
    for (const router of this.#heldMs.keys()) if (!books.get(router)) this.#heldMs.delete(router)
    const { bytes, maxBytes } = journal.state()
    this.#sums = {
      ...{ atMs, allSessions, memory: { usedBytes, mostBytes } },
      journal: { usedBytes: bytes, mostBytes: maxBytes },
    }
    return this.#sums
  }
}

function heldText(bytes: number, most: number, share: number): string | undefined {
  if (bytes > most)
    return `${bytes} bytes wait for the database, more than ${most}: read again once they are committed`
  if (bytes > share)
    return `${bytes} bytes wait for the database, more than its share of ${Math.floor(share)}: read again once there is room`
  return undefined
}
