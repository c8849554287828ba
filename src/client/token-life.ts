/** The expiry of a JWT in milliseconds since 1970; `undefined` if it has none. The token is not verified here. */
export function expiryOf(token: string): number | undefined {
  try {
    const payload = token.split('.')[1] ?? ''
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return undefined
    return typeof claims.exp === 'number' ? claims.exp * 1000 : undefined
  } catch {
    return undefined
  }
}

const BEFORE_MS = 30_000
const SHORTEST_MS = 5_000

/**
 * How long to wait before the token is renewed, in milliseconds: until half a minute before its end, or half of the
 * remaining time if that is less. `undefined` if it has expired by this machine's clock: the server accepted it, so the
 * clock is wrong, and the server will close the connection at the right time.
 */
export function renewalWaitMs(expiresAtMs: number, nowMs: number): number | undefined {
  const leftMs = expiresAtMs - nowMs
  if (leftMs <= 0) return undefined
  return Math.max(SHORTEST_MS, leftMs - Math.min(BEFORE_MS, leftMs / 2))
}
