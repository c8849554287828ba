import type { RouterKey } from './accounting/ids.ts'
import type { Measures, RouterMeasure } from './api/metrics.ts'
import type { RouterHealth } from './poller/health.ts'
import { keyOf, type RouterBook } from './router-book.ts'
import type { RouterBooks } from './router-books.ts'

export interface MeasuredParts {
  readonly books: RouterBooks
  readonly poller: { health(router: RouterKey): RouterHealth | undefined }
  readonly feed: { readonly connections: number }
  readonly commits: { readonly isUp: boolean }
  readonly journal: {
    state(): { readonly kind: 'writing' | 'failing'; readonly bytes: number; readonly maxBytes: number }
  }
  readonly loop: { take(): ReturnType<Measures['eventLoop']> }
}

/** What `/metrics` shows, gathered from the parts that know it. */
export function measuresOf({ books, poller, feed, commits, journal, loop }: MeasuredParts): Measures {
  return {
    *routers() {
      for (const book of books.values()) yield routerMeasure(book, poller.health(keyOf(book)))
    },
    feedConnections: () => feed.connections,
    isDatabaseUp: () => commits.isUp,
    journal: () => {
      const { kind, bytes, maxBytes } = journal.state()
      return { isWriting: kind === 'writing', bytes, maxBytes }
    },
    eventLoop: () => loop.take(),
  }
}

function routerMeasure(book: RouterBook, health: RouterHealth | undefined): RouterMeasure {
  const { tenant, router } = book.about
  return {
    ...{ tenant, router, tail: book.tail },
    isOnline: health?.state === 'online',
    lastReadingAt: health?.lastReadingAt,
    latencyMs: health?.latencyMs,
    failures: health?.failures ?? 0,
    skippedTicks: health?.skippedTicks ?? 0,
  }
}
