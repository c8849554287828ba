import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { csvOf } from '../runtime/csv.ts'
import { USAGE_COLUMNS, type UsageQuestion, type UsageRow, usage as usageOf } from '../store/usage-query.ts'
import type { UsageValue } from '../store/usage-values.ts'
import { jsonOf, tableTextOf, type UsageFormat } from './usage-format.ts'

export interface UsageCommand {
  /** Of the database. */
  readonly url: string
  readonly question: UsageQuestion
  readonly format: UsageFormat
  readonly out: Writable
}

/**
 * Prints usage as it comes from the database, which nobody holds in memory.
 * @throws StoreError
 */
export async function usage({ url, question, format, out }: UsageCommand): Promise<void> {
  const rows = usageOf(url, question)
  const columns = USAGE_COLUMNS[question.by]
  try {
    switch (format) {
      case 'csv':
        return await pipeline(csvOf(columns, batchesOf(rows)), out, { end: false })
      case 'json':
        return await pipeline(jsonOf(rows), out, { end: false })
      case 'table':
        return await pipeline(tableTextOf(rows, columns), out, { end: false })
      default:
        return format satisfies never
    }
  } catch (error) {
    // Whoever reads has seen enough: `tikmeter usage | head`.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
  }
}

async function* batchesOf(rows: AsyncIterable<UsageRow>): AsyncIterable<readonly (readonly UsageValue[])[]> {
  for await (const row of rows) yield [Object.values(row)]
}
