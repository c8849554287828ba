import type { IncomingHttpHeaders } from 'node:http'
import { problem, type Reply } from './reply.ts'

const METHODS = 'GET, HEAD, OPTIONS'

/** What a browser has to hear so that a page of `origin` may read the answer: nothing, unless it is on the list. */
export function corsHeaders(
  headers: IncomingHttpHeaders,
  origins: readonly string[],
): Readonly<Record<string, string>> {
  // Caches must not hand one origin's answer to another, listed or not.
  const vary = { Vary: 'Origin' }
  const { origin } = headers
  if (origin === undefined || !origins.includes(origin)) return vary
  return { ...vary, 'Access-Control-Allow-Origin': origin }
}

/** The answer to OPTIONS; `corsHeaders` decide whether a browser takes it as leave. */
export function preflight(headers: IncomingHttpHeaders, origins: readonly string[]): Reply {
  const { origin } = headers
  const isListed = origin !== undefined && origins.includes(origin)
  const leave = {
    'Access-Control-Allow-Methods': METHODS,
    'Access-Control-Allow-Headers': 'Authorization',
    'Access-Control-Max-Age': '600',
  }
  return { status: 204, contentType: '', body: '', headers: { Allow: METHODS, ...(isListed ? leave : {}) } }
}

export function methodNotAllowed(): Reply {
  return problem(405, 'only GET and HEAD', { Allow: METHODS })
}
