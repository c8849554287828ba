import { eq, type SQL, sql } from 'drizzle-orm'
import { type PgColumn, QueryBuilder } from 'drizzle-orm/pg-core'
import type { Row } from '../../api/usage/usage-source.ts'

/** A statement that is yet to be asked. */
export interface Query {
  toSQL(): { sql: string; params: unknown[] }
}

/** Makes statements without a connection. */
export const QUERIES = new QueryBuilder()

/** No condition where nothing was asked for. */
export function only(column: PgColumn, value: string | undefined): SQL | undefined {
  return value === undefined ? undefined : eq(column, value)
}

/** An instant as JSON has it. */
export function isoOf(column: PgColumn): SQL {
  return sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

const NUMBERS = new Set(['upload', 'download', 'used', 'threshold', 'quota', 'count'])

/** Parses the texts of a row: numbers become exact bigints, because sums of bytes can exceed 2^53. */
export function valuesOf(columns: readonly string[], texts: readonly (string | null)[]): Row {
  return columns.map((name, index) => {
    const text = texts[index] ?? null
    return text !== null && NUMBERS.has(name) ? BigInt(text) : text
  })
}
