import { tagged } from '../http/caching.ts'
import type { Reply } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'
import type { DashboardFile } from './dashboard-files.ts'

/**
 * What the page may do: run its own files, and talk to this daemon. Whatever a subscriber calls himself, there is no
 * way for it to become a script, a style, a picture or a request to somewhere else.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  // The feed's WebSocket is of the same origin too.
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Where the page and its files are. */
export const DASHBOARD_PATH = '/dashboard/'

/** Relative, so that it holds behind a proxy that serves us under a path of its own. */
const REDIRECT = { Location: 'dashboard/', 'Content-Length': '0' }
const HEADERS = { 'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY }

/**
 * The example dashboard at `/dashboard/`, open to everyone: it has no numbers, only what asks for them with a token.
 * Each file is a route of its own, so that what is not there is 404 like anything else.
 */
export function dashboardPages(files: readonly DashboardFile[]): readonly Route[] {
  const pages = files.map(file => page(`${DASHBOARD_PATH}${file.name}`, replyOf(file)))
  const index = files.find(({ name }) => name === 'index.html')
  return [
    page('/dashboard', { status: 308, contentType: '', body: '', headers: REDIRECT }),
    ...(index === undefined ? [] : [page(DASHBOARD_PATH, replyOf(index))]),
    ...pages,
  ]
}

function replyOf({ contentType, text }: DashboardFile): Reply {
  const reply = tagged({ status: 200, contentType, body: text, headers: {} })
  return { ...reply, headers: { ...reply.headers, ...HEADERS } }
}

function page(path: string, reply: Reply): Route {
  return { kind: 'open', path, parameters: [], answer: () => reply }
}
