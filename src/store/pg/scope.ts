import type { ClientBase } from 'pg'
import type { TenantId } from '../../accounting/ids.ts'

/** A connection, and whose rows are read and written on it. */
export interface Scope {
  readonly client: ClientBase
  /** The tenants that statements name, if the tables are distributed; `undefined`: they need not name any. */
  readonly tenants: readonly TenantId[] | undefined
}

/** For tables that are in one place in each layout. */
export function unscoped(client: ClientBase): Scope {
  return { client, tenants: undefined }
}

/** The parts of a statement by which it names its tenants. For tables that are not distributed they are empty. */
export interface Naming {
  /** ` and …`: the column has one of the tenants. */
  and(column: string): string
  /** A table in `from`, with the tenants' rows. */
  rowsOf(table: string): string
  /**
   * A condition that only helps to plan a prepared statement for arrays of any length. Citus plans each statement for its
   * own arrays.
   */
  planned(condition: string): string
  /** The columns of a unique key. */
  key(columns: string): string
  /** The end of an insert that may be refused: Citus passes on the code of an error only if rows are returned. */
  readonly end: string
}

export const NAMES_NOBODY: Naming = {
  and: () => '',
  rowsOf: table => table,
  planned: condition => condition,
  key: columns => columns,
  end: '',
}

/** @param parameter the number of the parameter with the tenants */
export function naming(parameter: number): Naming {
  const are = (column: string) => `${column} = any($${parameter}::text[])`
  return {
    and: column => ` and ${are(column)}`,
    rowsOf: table => `(select * from ${table} where ${are('tenant_id')})`,
    planned: () => 'true',
    key: columns => `${columns}, tenant_id`,
    end: ' returning true',
  }
}
