import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { bearerToken } from '../../auth/bearer.ts'
import { problem, type Reply } from '../http/reply.ts'

/** The answer to a request without the right token; `undefined` if it has it. */
export function tokenFault(headers: IncomingHttpHeaders, wanted: string): Reply | undefined {
  const shown = bearerToken(headers)
  if (shown === undefined) return problem(401, 'a bearer token is needed', { 'WWW-Authenticate': 'Bearer' })
  return isSame(shown, wanted)
    ? undefined
    : problem(401, 'the token is not valid', { 'WWW-Authenticate': 'Bearer error="invalid_token"' })
}

/** Compares digests, which have the same length, so that the time it takes gives no hint about the token. */
function isSame(shown: string, wanted: string): boolean {
  return timingSafeEqual(digestOf(shown), digestOf(wanted))
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
