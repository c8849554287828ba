import type { IncomingHttpHeaders } from 'node:http'
import { bearerToken, type Grant, type TokenVerifier } from '../../auth/bearer.ts'
import { problem, type Reply } from './reply.ts'

/** Checks the token of a request. `denied` and `failed` have the answer; `failed` means that the token is invalid. */
export async function authorize(
  headers: IncomingHttpHeaders,
  verifier: TokenVerifier,
): Promise<
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'denied'; readonly reply: Reply }
  | { readonly kind: 'failed'; readonly reply: Reply }
> {
  const token = bearerToken(headers)
  if (token === undefined) {
    return denied(problem(401, 'a bearer token is needed', { 'WWW-Authenticate': 'Bearer' }))
  }
  const verdict = await verifier.verify(token)
  switch (verdict.kind) {
    case 'tenant':
    case 'admin':
      return { kind: 'granted', grant: verdict }
    case 'refused':
      return {
        kind: 'failed',
        reply: problem(401, verdict.reason, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }),
      }
    case 'unverifiable':
      return denied(problem(503, verdict.reason, { 'Retry-After': '5' }))
    default:
      return verdict satisfies never
  }
}

function denied(reply: Reply): { readonly kind: 'denied'; readonly reply: Reply } {
  return { kind: 'denied', reply }
}
