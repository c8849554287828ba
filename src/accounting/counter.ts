import { type Bytes, NO_BYTES } from './bytes.ts'
import type { Mark } from './session.ts'

/** Bytes counted since `previous`. A counter that went down was reset, so all it shows now is new. */
export function counterDelta(previous: number, current: number): number {
  return current >= previous ? current - previous : current
}

export function hasFallen(previous: Bytes, current: Bytes): boolean {
  return current.upload < previous.upload || current.download < previous.download
}

/**
 * What counters add to a session, by how far it has been counted:
 *
 *     delta     bytes to add, from the last known counters on (rules 6, 8, 10)
 *     reset     either counter fell, so both show new bytes only (rule 7)
 *     baseline  counting begins here, nothing is added (rules 9, 10)
 */
export type Count =
  | { readonly kind: 'delta'; readonly delta: Bytes }
  | { readonly kind: 'reset'; readonly delta: Bytes; readonly before: Bytes }
  | { readonly kind: 'baseline' }

/**
 * @param bindingCounters the last known counters of the static binding the session is on; `'none'` where it is on
 *   none, since a dynamic interface is made with the session and starts at 0
 */
export function countFrom(mark: Mark, current: Bytes, bindingCounters: Bytes | undefined | 'none'): Count {
  switch (mark.kind) {
    case 'counted':
      return difference(mark.counters, current)
    case 'owed': {
      if (mark.from === 'baseline') return { kind: 'baseline' }
      if (bindingCounters === 'none') return difference(NO_BYTES, current)
      if (bindingCounters === undefined) return { kind: 'baseline' }
      // A fall is a reset between two sessions: the new one is charged with what came since.
      return { kind: 'delta', delta: difference(bindingCounters, current).delta }
    }
    default:
      return mark satisfies never
  }
}

function difference(before: Bytes, current: Bytes): Exclude<Count, { kind: 'baseline' }> {
  if (hasFallen(before, current)) return { kind: 'reset', delta: current, before }
  const delta = {
    upload: counterDelta(before.upload, current.upload),
    download: counterDelta(before.download, current.download),
  }
  return { kind: 'delta', delta }
}

/** Whether counters tell of bytes since those up to which a session was counted, counted themselves or not. */
export function hasMoved(mark: Mark, current: Bytes): boolean {
  const before = mark.kind === 'counted' ? mark.counters : NO_BYTES
  return current.upload !== before.upload || current.download !== before.download
}

/** Whether a link of `bitsPerSecond` can have carried `delta` in `elapsedMs`, either way (rule 12). */
export function isPlausible(delta: Bytes, elapsedMs: number, bitsPerSecond: number): boolean {
  const most = plausibleBytes(elapsedMs, bitsPerSecond)
  return delta.upload <= most && delta.download <= most
}

/** The most bytes that a link of `bitsPerSecond` can have carried one way. */
export function plausibleBytes(elapsedMs: number, bitsPerSecond: number): number {
  // Uptimes are whole seconds, so no elapsed time is known any better.
  return (bitsPerSecond / 8) * ((Math.max(0, elapsedMs) + 1_000) / 1_000)
}
