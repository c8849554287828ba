import { type Checked, right, wrong } from './checked.ts'
import { textMatching } from './scalar.ts'

const WANTED = 'a URL such as postgres://user:password@host:5432/tikmeter'

/** A URL as pg accepts it, or with several hosts; with a socket it may have none. No message shows a part of it. */
export function isPostgresUrl(text: string): Checked<string> {
  if (!/^postgres(?:ql)?:\/\/./.test(text))
    return wrong(`must be ${WANTED}; leave it out for an embedded PostgreSQL`)
  return isWhole(text.replace(OTHER_HOSTS, '$1'))
    ? right(text)
    : wrong(`must be ${WANTED}: in the password write ${ESCAPES}`)
}

/** The hosts behind the first one, with their ports. What is no host stays, and makes the URL a wrong one. */
const OTHER_HOSTS =
  /^([^/]*\/\/(?:[^@/?#]*@)?[^,/?#]*)(?:,(?:\[[\da-f:.]+\]|[^\s:,@/?#[\]]+)(?::\d{1,5})?)+(?=[/?#]|$)/i

const ESCAPES = '/ as %2F, ? as %3F, # as %23, @ as %40, % as %25'

/** Whether an unescaped character in the password cut the URL short: then the host ends up in the path or the port. */
function isWhole(text: string): boolean {
  const withHost = URL.canParse(text) ? text : text.replace('@/', '@host/')
  if (!URL.canParse(withHost)) return false
  const { hostname, username, password, pathname, search, hash } = new URL(withHost)
  if (hostname.includes(',')) return false
  const behind = pathname + hash + (pathname === '' ? search : '')
  return !behind.includes('@') && [username, password].every(isDecodable)
}

function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}

/** The name of a schema. PostgreSQL keeps those that begin with `pg_` for itself. */
export const schemaName = textMatching(
  name => /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(name),
  'the name of a schema such as tikmeter: lower-case letters, digits and "_", at most 63, not beginning with pg_',
)
