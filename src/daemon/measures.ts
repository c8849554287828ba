import type { RouterKey, TenantId } from '../accounting/ids.ts'
import type { Whole } from '../accounting/waiting/waiting-share.ts'
import type { Measures } from '../api/metrics/metrics.ts'
import type { RouterMeasure } from '../api/metrics/router-metrics.ts'
import type { Totals } from '../live/snapshot.ts'
import type { RouterHealth } from '../poller/health.ts'
import type { RouterBook } from '../recording/router-book.ts'
import type { RouterBooks } from '../recording/router-books.ts'
import { limitUsesOf } from './limit-uses.ts'

export interface MeasuredParts {
  readonly books: RouterBooks
  readonly board: {
    tenants(): readonly TenantId[]
    totals(tenant: TenantId, now: Date): Totals | undefined
  }
  readonly poller: { health(router: RouterKey): RouterHealth | undefined }
  readonly shares: { readonly memory: Whole }
  readonly served: { readonly connections: number; readonly certificateExpiresAt: Date | undefined }
  readonly recorder: { pending(): ReadonlyMap<RouterKey, number> }
  readonly commits: { readonly isUp: boolean; readonly refusedRouters: number }
  readonly leases: Measures['leases']
  readonly journal: {
    state(): { readonly kind: 'writing' | 'failing'; readonly bytes: number; readonly maxBytes: number }
  }
  readonly file: { readonly state: ReturnType<Measures['config']> }
  readonly clock: { now(): Date }
  readonly loop: { take(): ReturnType<Measures['eventLoop']> }
}

/** What `/metrics` shows, gathered from the parts that know it. */
export function measuresOf(parts: MeasuredParts): Measures {
  const { books, board, poller, served, shares, recorder, commits, leases, journal, file, clock, loop } =
    parts
  return {
    *routers() {
      for (const book of books.values()) yield routerMeasure(book, poller.health(book.key))
    },
    *tenants() {
      for (const tenant of board.tenants()) {
        const totals = board.totals(tenant, clock.now())
        if (totals) yield { tenant, totals }
      }
    },
    feedConnections: () => served.connections,
    certificateExpiresAt: () => served.certificateExpiresAt,
    isDatabaseUp: () => commits.isUp,
    uncommitted: () => {
      let sessions = 0
      for (const its of recorder.pending().values()) sessions += its
      const { usedBytes: bytes, mostBytes: maxBytes } = shares.memory
      return { sessions, bytes, maxBytes, refusedRouters: commits.refusedRouters }
    },
    leases,
    config: () => file.state,
    journal: () => {
      const { kind, bytes, maxBytes } = journal.state()
      return { isWriting: kind === 'writing', bytes, maxBytes }
    },
    eventLoop: () => loop.take(),
  }
}

function routerMeasure(book: RouterBook, health: RouterHealth | undefined): RouterMeasure {
  const { tenant, router } = book.about
  const { leftOut } = book.crowding
  const { upload, download } = book.others
  const lives = [...book.lives].sort(([a], [b]) => (a < b ? -1 : 1))
  const sessions = new Map(lives.map(([service, live]) => [service, live.sessions]))
  return {
    ...{ tenant, router, sessions, tail: book.tail },
    uncounted: lives.length === 0 ? undefined : lives.reduce((sum, [, live]) => sum + live.uncounted, 0),
    isOnline: health && health.state !== 'disabled' ? health.state === 'online' : undefined,
    lastReadingAt: health?.lastReadingAt,
    latencyMs: health?.latencyMs,
    failures: health?.failures ?? 0,
    isOverloaded: health?.overloaded !== undefined || leftOut > 0,
    leftOut,
    othersBytes: Number(upload + download),
    skippedTicks: health?.skippedTicks ?? 0,
    putOffPolls: health?.putOffPolls ?? 0,
    uncommittedBytes: book.load.bytes,
    joinedEvents: book.joinedEvents,
    limits: limitUsesOf(book, health),
  }
}
