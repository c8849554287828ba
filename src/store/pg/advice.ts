import { RAISE_DESCRIPTORS } from '../../runtime/descriptors.ts'

/** An error of the database, or of the connection to it. */
interface DatabaseFault {
  /** The code of PostgreSQL or of the system. */
  readonly code: string | undefined
  readonly message: string
}

/** The setting with the URL of the database. */
export const DATABASE_URL = 'database.url'

/**
 * Says what to do about a database that cannot be reached, or that rejects us; `undefined` for errors that pass by
 * themselves or say it themselves. See PostgreSQL's "Error Codes".
 * @param setting the setting with the database's URL
 */
export function adviceFor(fault: DatabaseFault, setting = DATABASE_URL): string | undefined {
  return adviceOn(fault)?.replaceAll(DATABASE_URL, setting)
}

function adviceOn({ code, message }: DatabaseFault): string | undefined {
  if (/conflict with recovery/.test(message)) return 'set hot_standby_feedback = on there'
  const pooler = adviceOnPooler(message)
  if (pooler !== undefined) return pooler
  switch (code) {
    case 'ECONNREFUSED':
      return 'start PostgreSQL there, or set database.url to where it runs'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'set database.url to a host that this machine can look up'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return UNREACHED
    case 'EMFILE':
    case 'ENFILE':
      return RAISE_DESCRIPTORS
    case '28P01':
      return 'set database.url to the right user and password'
    case '28000':
      if (/no encryption|SSL off/.test(message)) return ASK_FOR_TLS
      return 'let its user in from here (pg_hba.conf), or set database.url to another'
    case '3D000':
      return 'create it (createdb), or set database.url to another'
    case '42501':
      return adviceOnRights(message)
    case '25006':
      return 'set database.url to the primary'
    case '53100':
      return 'make room on its disk'
    case '53300':
      return 'raise max_connections, or let others have fewer'
    default:
      return adviceByWords(message)
  }
}

function adviceOnRights(message: string): string {
  const [, what] = /for (database|schema)/.exec(message) ?? []
  return what === undefined
    ? 'let the user of database.url own its tables: alter table NAME owner to USER'
    : `let the user of database.url make tables in it: grant create on ${what} NAME to USER`
}

/** Recognizes what PgBouncer says, always with the same code. */
function adviceOnPooler(message: string): string | undefined {
  if (/startup parameter/.test(message))
    return 'leave it out of database.url, or name it in ignore_startup_parameters of the pooler'
  if (/statement pooling mode/.test(message)) return 'set pool_mode = transaction in the pooler'
  if (/query_wait_timeout/.test(message))
    return 'see that the PostgreSQL behind the pooler runs, or give it more connections (default_pool_size)'
  if (/max_client_conn/.test(message)) return 'raise max_client_conn of the pooler'
  if (/prepared statement ".*" (does not exist|already exists)/.test(message))
    return 'a pooler is in between that we did not notice: set database.url to PostgreSQL itself'
  return undefined
}

const ASK_FOR_TLS = 'ask for TLS in database.url: ?sslmode=require'
const UNREACHED = 'see that host and port of database.url are right, and that nothing on the way drops it'

/** Recognizes pg's own errors, which have no code. */
function adviceByWords(message: string): string | undefined {
  if (/client password must be/.test(message))
    return 'set database.url to one with a password: postgres://user:password@host/name'
  if (/does not support SSL/.test(message)) return 'leave sslmode out of database.url, or turn its ssl on'
  // PgBouncer, and the proxies of Supabase and Neon.
  if (/SSL required|connection is insecure/.test(message)) return ASK_FOR_TLS
  if (/altnames|Hostname\/IP does not match/.test(message))
    return 'set database.url to a host that its certificate names'
  if (/certificate has expired/.test(message)) return 'renew its certificate'
  if (/certificate/.test(message))
    return 'name its CA in database.url: sslrootcert=FILE (only sslmode=no-verify does not check it)'
  if (/terminated unexpectedly/.test(message))
    return 'see that it is PostgreSQL that listens there, and that it runs'
  if (/timeout expired|timeout exceeded/.test(message)) return UNREACHED
  return undefined
}
