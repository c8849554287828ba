/**
 * Parses the header `Retry-After`: seconds, which Discord gives with decimals, or a date.
 * @returns milliseconds from now, negative for a past date; `undefined` if it is neither
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+(?:\.\d+)?$/.test(header)) return Math.ceil(Number(header) * 1_000)
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : atMs - now.getTime()
}
