import { type Checked, right, wrong } from './checked.ts'

const WANTED = 'a URL such as postgres://user:password@host:5432/tikmeter'

/** A URL as pg takes it, which may leave out the host for that of a socket. No message has a part of it. */
export function isPostgresUrl(text: string): Checked<string> {
  if (!/^postgres(?:ql)?:\/\/./.test(text))
    return wrong(`must be ${WANTED}; left out: an embedded PostgreSQL`)
  return isWhole(text) ? right(text) : wrong(`must be ${WANTED}: in the password write ${ESCAPES}`)
}

const ESCAPES = '/ as %2F, ? as %3F, # as %23, @ as %40, % as %25'

/** Whether the password did not end it early: then what should be the host is in the path, or is no port. */
function isWhole(text: string): boolean {
  const withHost = URL.canParse(text) ? text : text.replace('@/', '@host/')
  if (!URL.canParse(withHost)) return false
  const { username, password, pathname, search, hash } = new URL(withHost)
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
