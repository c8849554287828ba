import type { IncomingHttpHeaders } from 'node:http'
import { problem, type Reply } from './reply.ts'

/** What pages send: the token, the type of what they post, and what Laravel's libraries add to each request. */
const HEADERS = 'Authorization, Content-Type, X-CSRF-TOKEN, X-Requested-With, X-Socket-ID'

/** What a browser has to hear so that a page of `origin` may read the answer: nothing, unless it is on the list. */
export function corsHeaders(
  headers: IncomingHttpHeaders,
  origins: readonly string[],
): Readonly<Record<string, string>> {
  // Caches must not hand one origin's answer to another, listed or not.
  const vary = { Vary: 'Origin' }
  const { origin } = headers
  if (origin === undefined || !origins.includes(origin)) return vary
  return {
    ...vary,
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'ETag, Retry-After',
  }
}

/** The answer to OPTIONS; `corsHeaders` decide whether a browser takes it as leave. */
export function preflight(
  headers: IncomingHttpHeaders,
  origins: readonly string[],
  methods: readonly string[],
): Reply {
  const { origin } = headers
  const allowed = allow(methods)
  const isListed = origin !== undefined && origins.includes(origin)
  const leave = {
    'Access-Control-Allow-Methods': allowed,
    'Access-Control-Allow-Headers': HEADERS,
    'Access-Control-Max-Age': '600',
  }
  return { status: 204, contentType: '', body: '', headers: { Allow: allowed, ...(isListed ? leave : {}) } }
}

export function methodNotAllowed(methods: readonly string[]): Reply {
  return problem(405, `only ${methods.join(' and ')}`, { Allow: allow(methods) })
}

function allow(methods: readonly string[]): string {
  return [...methods, 'OPTIONS'].join(', ')
}
