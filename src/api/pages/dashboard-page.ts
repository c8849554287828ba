import { tagged } from '../http/caching.ts'
import type { Reply } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'
import type { DashboardFile } from './dashboard-files.ts'

/**
 * What the page may do: run its own files, and connect to this daemon. A subscriber's name cannot become a script, a
 * style, a picture or a request to somewhere else.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  // The feed's WebSocket has the same origin.
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** The path of the page and of its files. */
export const DASHBOARD_PATH = '/dashboard/'

/** Relative, so that it works behind a proxy that serves us under another path. */
const REDIRECT = { Location: 'dashboard/', 'Content-Length': '0' }
const HEADERS = { 'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY }

/**
 * The example dashboard at `/dashboard/`. It is open to everyone, because its files have no numbers; they request them
 * with a token. Each file is a route of its own, so any other path is 404.
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
