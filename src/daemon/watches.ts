import type { RouterBook } from '../recording/router-book.ts'
import { LimitWatch, type LimitWatchOptions } from './limit-watch.ts'
import { UncountedWatch, type UncountedWatchOptions } from './uncounted-watch.ts'

/** Checks each router after a reading, and logs what an operator should know. */
export function watchesOf(options: UncountedWatchOptions & LimitWatchOptions): (book: RouterBook) => void {
  const watches = [new UncountedWatch(options), new LimitWatch(options)]
  return book => {
    for (const watch of watches) watch.look(book)
  }
}
