import type { Writable } from 'node:stream'
import type { Installation } from '../store/pg/installation.ts'
import { USAGE_COLUMNS, type UsageQuestion, usage as usageOf } from '../store/usage/usage-query.ts'
import { printRows } from './print-rows.ts'
import type { UsageFormat } from './usage-format.ts'

export interface UsageCommand extends Installation {
  readonly question: UsageQuestion
  readonly format: UsageFormat
  readonly out: Writable
}

/**
 * Prints usage as it comes from the database.
 * @throws StoreError
 */
export async function usage({ url, schema, question, format, out }: UsageCommand): Promise<void> {
  const rows = usageOf({ url, schema }, question)
  await printRows({ rows, columns: USAGE_COLUMNS[question.by], format, none: 'no usage', out })
}
