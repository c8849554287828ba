import { DatabaseError } from 'pg'
import { errorCodeOf } from '../../runtime/error-code.ts'
import { adviceFor } from './advice.ts'

/** A failure of the database. Carries no query, no parameters and no connection. */
export abstract class StoreError extends Error {
  /** Whether a retry may help. */
  abstract readonly retryable: boolean
}

/** The database could not be reached, or could not do it now. Whether a commit under way was done is not known. */
export class DatabaseUnavailable extends StoreError {
  override readonly name = 'DatabaseUnavailable'
  override readonly retryable = true
}

/** The database refused the rows, and would refuse them again. */
export class DatabaseRefused extends StoreError {
  override readonly name = 'DatabaseRefused'
  override readonly retryable = false
}

export class PostgresTooOld extends StoreError {
  override readonly name = 'PostgresTooOld'
  override readonly retryable = false

  constructor(version: string) {
    super(
      `PostgreSQL ${version} is too old: 14 is the oldest that tikmeter runs on. Upgrade it, or leave database.url out.`,
    )
  }
}

/** The database cannot store every name. */
export class NotUtf8 extends StoreError {
  override readonly name = 'NotUtf8'
  override readonly retryable = false

  constructor(encoding: string) {
    super(
      `the database has the encoding ${encoding}, which lacks characters that names have: create one with UTF8 (createdb -E UTF8 -T template0 NAME), and set database.url to it`,
    )
  }
}

/** The database lacks a timezone that this machine knows. */
export class UnknownZone extends StoreError {
  override readonly name = 'UnknownZone'
  override readonly retryable = false

  constructor(zone: string) {
    super(
      `PostgreSQL does not know the timezone ${zone}: write another name for it, or update PostgreSQL's timezones`,
    )
  }
}

/** The tables are those of a later release, which gave them a meaning that this one does not know. */
export class SchemaTooNew extends StoreError {
  override readonly name = 'SchemaTooNew'
  override readonly retryable = false

  constructor(changedAt: Date) {
    const day = changedAt.toISOString().slice(0, 10)
    super(
      `the database is of a later release of tikmeter, whose tables are of ${day}: run that release, or restore a backup from before it`,
    )
  }
}

/** The tables are not those of this installation. */
export class StrangeTables extends StoreError {
  override readonly name = 'StrangeTables'
  override readonly retryable = false

  /** @param found what is wrong: a clause */
  constructor(found: string) {
    super(
      `${found}: set database.schema to the schema with tikmeter's tables, or to a new one such as tikmeter`,
    )
  }
}

/** The database lacks our tables, or those of this release. */
export class NotMigrated extends StoreError {
  override readonly name = 'NotMigrated'
  override readonly retryable = false

  constructor() {
    super('the database lacks tables of tikmeter, or of this release: run `tikmeter migrate`, or the daemon')
  }
}

/**
 * Data exceptions, constraint violations and limits: the fault is in the rows. All other codes are about the server, the
 * connection, the schema or our rights, which somebody can fix (see PostgreSQL's "Error Codes").
 */
const REFUSAL = /^(22|23|54)/

const UNDEFINED_TABLE = '42P01'

/**
 * Converts an error like `asStoreError`, for commands, which do not migrate: a missing table is NotMigrated.
 * @param what what was not done, lower-case: the beginning of the message
 */
export function asCommandError(what: string, error: unknown): Error {
  return findDatabaseError(error)?.code === UNDEFINED_TABLE ? new NotMigrated() : asStoreError(what, error)
}

/**
 * Returns the answer of `ask`, and turns what it throws into a `StoreError`.
 * @param what what was not done if it throws, lower-case: the beginning of the message
 * @param setting the setting with the database's URL
 */
export async function asking<T>(what: string, ask: () => Promise<T>, setting?: string): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw asStoreError(what, error, setting)
  }
}

/**
 * Converts an error of pg, drizzle or the system; returns bugs unchanged.
 * @param what what was not done, lower-case: the beginning of the message
 * @param setting the setting with the database's URL
 */
export function asStoreError(what: string, error: unknown, setting?: string): Error {
  if (error instanceof StoreError) return error
  const databaseError = findDatabaseError(error)
  if (databaseError) {
    const { code, message } = databaseError
    const text = withAdvice(
      `${what}: ${message}${code ? ` (${code})` : ''}`,
      adviceFor(databaseError, setting),
    )
    return isRefusal(databaseError) ? new DatabaseRefused(text) : new DatabaseUnavailable(text)
  }
  if (isBug(error)) return error
  const message = messageOf(error)
  return new DatabaseUnavailable(
    withAdvice(`${what}: ${message}`, adviceFor({ code: nestedCodeOf(error), message }, setting)),
  )
}

function withAdvice(what: string, advice: string | undefined): string {
  return advice === undefined ? what : `${what}: ${advice}`
}

function isRefusal({ code, constraint, table }: DatabaseError): boolean {
  // Not a constraint of ours, but a row without a partition, which can be made. (Citus names neither.)
  if (code === '23514' && constraint === undefined && table !== undefined) return false
  return code !== undefined && REFUSAL.test(code)
}

/** Finds pg's error in drizzle's, whose own message contains the query and its parameters. */
function findDatabaseError(error: unknown): DatabaseError | undefined {
  if (error instanceof DatabaseError) return error
  return error instanceof Error && error.cause !== undefined ? findDatabaseError(error.cause) : undefined
}

function isBug(error: unknown): error is Error {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
}

function nestedCodeOf(error: unknown): string | undefined {
  return errorCodeOf(error) ?? (error instanceof Error ? nestedCodeOf(error.cause) : undefined)
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return messageOf(error.cause)
  // Node joins the refusals of all of a host's addresses into one error without a message.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ')
  return error.message
}
