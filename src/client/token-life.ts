/** When a JWT expires, in milliseconds since 1970; `undefined` where it doesn't say so. Nothing is checked: the server does. */
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
 * How long to wait before another token is asked for: half a minute before the end of this one, and in the middle of
 * what is left where that is less. `undefined` where it is over by this machine's clock: the server took it, so the
 * clock is wrong, and the server will tell the end.
 */
export function renewalWaitMs(expiresAtMs: number, nowMs: number): number | undefined {
  const leftMs = expiresAtMs - nowMs
  if (leftMs <= 0) return undefined
  return Math.max(SHORTEST_MS, leftMs - Math.min(BEFORE_MS, leftMs / 2))
}
