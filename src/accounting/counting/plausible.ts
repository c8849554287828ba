import type { Bytes } from '../bytes.ts'

/** Whether a link of `bitsPerSecond` can have carried `delta` in `elapsedMs` (docs/accounting.md rule 12). */
export function isPlausible(delta: Bytes, elapsedMs: number, bitsPerSecond: number): boolean {
  const most = plausibleBytes(elapsedMs, bitsPerSecond)
  return delta.upload <= most && delta.download <= most
}

/** The most bytes that a link of `bitsPerSecond` can have carried one way. */
export function plausibleBytes(elapsedMs: number, bitsPerSecond: number): number {
  // Uptimes have whole seconds, so no elapsed time is known more exactly.
  return (bitsPerSecond / 8) * ((Math.max(0, elapsedMs) + 1_000) / 1_000)
}
