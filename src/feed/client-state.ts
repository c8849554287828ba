import type { Grant } from '../auth/bearer.ts'

/**
 * anonymous ─ token ─▶ verifying ─ good ─▶ authenticated ─ auth, same tenant ─▶ authenticated, until the new token's exp
 *     └ no token in time      └ refused          └ exp, refused by new rules, too slow, gone, bad message, …
 *                                  all of them ─▶ closed
 */
export type ClientState =
  | { readonly kind: 'anonymous'; readonly deadlineMs: number }
  | { readonly kind: 'verifying' }
  | { readonly kind: 'authenticated'; readonly grant: Grant; readonly token: string }
  | { readonly kind: 'closed' }

/** Groups the connections that count together. Ids of tenants contain no `*`. */
export function seatOf(grant: Grant): string {
  return grant.kind === 'tenant' ? grant.tenant : '*admin'
}
