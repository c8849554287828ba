import type { Journal } from '../../src/journal/journal.ts'
import type { JournalRecord } from '../../src/journal/record.ts'

/** Loads a journal that was started, and returns the records of all routers, one router after the other. */
export async function* allRecords(journal: Journal): AsyncGenerator<JournalRecord, void> {
  await journal.load()
  for (const router of journal.routers) yield* journal.recordsOf(router)
}
