import type { FastifyCorsOptions } from '@fastify/cors'

/** What pages send: the token, the type of a form, and what Laravel's libraries add to each request. */
const HEADERS = 'Authorization, Content-Type, X-CSRF-TOKEN, X-Requested-With, X-Socket-ID'

/**
 * CORS for all routes. Only the OPTIONS route of a path adds `preflight` and its `methods`.
 * @param origins the pages that may read answers, exactly as browsers send `Origin`
 */
export function corsOptions(origins: readonly string[]): FastifyCorsOptions {
  return {
    // A function, so that each answer has `Vary`: a cache must not give one origin's answer to another, listed or not.
    origin: (origin, decide) => decide(null, origin !== undefined && origins.includes(origin)),
    ...{ exposedHeaders: 'ETag, Retry-After', allowedHeaders: HEADERS, maxAge: 600 },
    // Our OPTIONS route answers, because it adds `Allow`, and answers a request without an origin too.
    ...{ preflight: false, preflightContinue: true, strictPreflight: false },
  }
}
