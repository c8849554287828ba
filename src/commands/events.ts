import type { Writable } from 'node:stream'
import type { Installation } from '../store/pg/installation.ts'
import { EVENT_COLUMNS, type EventQuestion, events as eventsOf } from '../store/usage/event-query.ts'
import { printRows } from './print-rows.ts'
import type { UsageFormat } from './usage-format.ts'

export interface EventsCommand extends Installation {
  readonly question: EventQuestion
  readonly format: UsageFormat
  readonly out: Writable
}

/**
 * Prints events with bytes that were not counted, and the decisions on them.
 * @throws StoreError
 */
export async function events({ url, schema, question, format, out }: EventsCommand): Promise<void> {
  await printRows({
    rows: eventsOf({ url, schema }, question),
    columns: EVENT_COLUMNS,
    ...{ format, none: 'no events', out },
  })
}
