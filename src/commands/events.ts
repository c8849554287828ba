import type { Writable } from 'node:stream'
import { EVENT_COLUMNS, type EventQuestion, events as eventsOf } from '../store/usage/event-query.ts'
import { printRows } from './print-rows.ts'
import type { UsageFormat } from './usage-format.ts'

export interface EventsCommand {
  /** The URL of the database. */
  readonly url: string
  readonly question: EventQuestion
  readonly format: UsageFormat
  readonly out: Writable
}

/**
 * Prints events with bytes that were not counted, and the decisions on them.
 * @throws StoreError
 */
export async function events({ url, question, format, out }: EventsCommand): Promise<void> {
  await printRows({
    rows: eventsOf(url, question),
    columns: EVENT_COLUMNS,
    ...{ format, none: 'no events', out },
  })
}
