import { eq, type SQL } from 'drizzle-orm'
import { type PgColumn, QueryBuilder } from 'drizzle-orm/pg-core'

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
