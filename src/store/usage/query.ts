import { eq, type SQL, sql } from 'drizzle-orm'
import { type PgColumn, QueryBuilder } from 'drizzle-orm/pg-core'
import type { Row } from '../../api/usage/usage-source.ts'
import { ISO_FORMAT } from '../pg/instants.ts'

/** A statement that has not been sent. */
export interface Query {
  toSQL(): { sql: string; params: unknown[] }
}

/** Makes statements without a connection. */
export const QUERIES = new QueryBuilder()

/** A condition on a column, or none if there is no value. */
export function only(column: PgColumn, value: string | undefined): SQL | undefined {
  return value === undefined ? undefined : eq(column, value)
}

/** SQL of an instant as JSON has it. */
export function isoColumn(column: PgColumn): SQL {
  return sql`to_char(${column} at time zone 'UTC', ${sql.raw(ISO_FORMAT)})`
}

const NUMBERS = new Set(['upload', 'download', 'used', 'threshold', 'quota', 'count'])

/** Parses the texts of a row: numbers become exact bigints, because sums of bytes can exceed 2^53. */
export function valuesOf(columns: readonly string[], texts: readonly (string | null)[]): Row {
  return columns.map((name, index) => {
    const text = texts[index] ?? null
    return text !== null && NUMBERS.has(name) ? BigInt(text) : text
  })
}
