import { getHeapStatistics } from 'node:v8'
import type { RouterKey } from '../accounting/ids.ts'
import {
  honestBytes,
  isCrowded,
  mostAtOnce,
  shareOf,
  type Whole,
} from '../accounting/waiting/waiting-share.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { RouterBook } from './router-book.ts'
import type { RouterBooks } from './router-books.ts'

export interface WaitingSharesOptions {
  readonly books: RouterBooks
  readonly journal: { state(): { readonly bytes: number; readonly maxBytes: number } }
  /** Whether the database takes what is committed of a router. */
  readonly isTaken: (router: RouterKey) => boolean
  /** Of memory, for what waits for the database of all routers. */
  readonly mostBytes: number
  /** The width of a bucket, in milliseconds. */
  readonly bucketMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** The sums over all routers are as old as this at the most: each router asks at each of its ticks. */
const FRESH_MS = 1_000
const HEAP_SHARE = 1 / 4
/** Of its share: a router that has less is told to be within it again. */
const CALM = 0.5

interface Sums {
  /** Of the steady clock. */
  readonly atMs: number
  readonly allSessions: number
  readonly memory: Whole
  readonly journal: Whole
}

/**
 * Each router's share of what waits for the database, in memory and in the journal. While one of the two is more than
 * half full, a router that has more than its share is not read. That loses none of its bytes, since its counters go on;
 * it is read again as soon as commits have made room, or as an honest router would have as much waiting by then.
 * And while the database takes what is committed, no router has more waiting than it can have in one commit.
 */
export class WaitingShares {
  readonly #options: WaitingSharesOptions
  readonly #told = new Set<RouterKey>()
  #sums: Sums | undefined

  /** With a bound that goes by how much memory this process can have. */
  static onThisMachine(options: Omit<WaitingSharesOptions, 'mostBytes'>): WaitingShares {
    const mostBytes = getHeapStatistics().heap_size_limit * HEAP_SHARE
    return new WaitingShares({ ...options, mostBytes })
  }

  constructor(options: WaitingSharesOptions) {
    this.#options = options
  }

  /** What waits of all routers, and how much of it may be before shares bind at its half; in bytes of memory. */
  get memory(): Whole {
    return this.#fresh().memory
  }

  /** @returns why the router is not to be read for now, `undefined` where it is to be */
  heldBack(router: RouterKey): string | undefined {
    const book = this.#options.books.get(router)
    if (!book) return undefined
    const { memory, journal, allSessions } = this.#fresh()
    const crowded = [memory, journal].filter(isCrowded)
    const { bytes, since } = book.load
    const most = mostAtOnce(book.about.limits.maxSessions)
    if (bytes > most && this.#options.isTaken(router))
      return `${bytes} bytes of it wait for the database, more than ${most}: read again once they are committed`
    const share = crowded.reduce(
      (least, whole) => Math.min(least, this.#shareOf(book, whole, allSessions, since)),
      Number.POSITIVE_INFINITY,
    )
    if (bytes > share) return this.#hold(router, bytes, share)
    if (bytes <= share * CALM && this.#told.delete(router))
      this.#options.log.info({ router }, 'router no longer held back')
    return undefined
  }

  #shareOf(
    { about, crowding }: RouterBook,
    whole: Whole,
    allSessions: number,
    since: Date | undefined,
  ): number {
    const { clock, bucketMs } = this.#options
    const waitingMs = since ? clock.now().getTime() - since.getTime() : 0
    const { maxSessions } = about.limits
    return shareOf(whole, { maxSessions, allSessions }, honestBytes(crowding.sessions, waitingMs, bucketMs))
  }

  #hold(router: RouterKey, bytes: number, share: number): string {
    const shareBytes = Math.floor(share)
    if (!this.#told.has(router))
      this.#options.log.warn(
        { router, bytes, shareBytes },
        'router held back: it has more than its share of what waits for the database; it is read again when there is room',
      )
    this.#told.add(router)
    return `${bytes} bytes of it wait for the database, and ${shareBytes} are its share: not read until there is room`
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
    for (const router of this.#told) if (!books.get(router)) this.#told.delete(router)
    const { bytes, maxBytes } = journal.state()
    this.#sums = {
      ...{ atMs, allSessions, memory: { usedBytes, mostBytes } },
      journal: { usedBytes: bytes, mostBytes: maxBytes },
    }
    return this.#sums
  }
}
