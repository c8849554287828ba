import type { ClientBase } from 'pg'
import { rewriteStatements } from './rewrite-statements.ts'

/*
 * Poolers drop the search path, and an installation that then found the tables of another one would write them. So every
 * statement says where its tables are: `tik.routers` is the table `routers` of our installation, and
 * `drizzle.tikmeter_schema` one of the two with the version of our schema.
 */

/** The tables of one installation. */
export interface Installation {
  /** Of the database. */
  readonly url: string
  /** `undefined`: the first schema of the search path that exists, by default `public`. */
  readonly schema?: string | undefined
}

const TABLES = /"tik"\.|\btik\./g
const VERSION_TABLES = /\bdrizzle\.(?=__drizzle_migrations\b|tikmeter_schema\b)/g

/** A statement as it is sent. */
export function inSchema(statement: string, schema: string | undefined): string {
  if (schema === undefined) return statement.replace(TABLES, '')
  return statement.replace(TABLES, `"${schema}".`).replace(VERSION_TABLES, `"${schema}".`)
}

/** The schema with the version of an installation's tables. Databases of earlier releases have it in `drizzle`. */
export function versionSchema(schema: string | undefined): string {
  return schema ?? 'drizzle'
}

/** More than there are statements whose text never changes. */
const REMEMBERED = 1_000

/** Makes a function that sends a connection's statements to an installation's tables from now on. */
export function sendingTo(schema: string | undefined): (client: ClientBase) => void {
  const known = new Map<string, string>()
  const sentAs = (text: string) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const sent = inSchema(text, schema)
    if (known.size >= REMEMBERED) known.clear()
    known.set(text, sent)
    return sent
  }
  return client => rewriteStatements(client, ({ text, name }) => ({ text: sentAs(text), name }))
}
