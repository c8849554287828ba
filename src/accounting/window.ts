import type { Window } from './reading.ts'

/**
 * How far apart two windows of one login may lie. Windows already include the whole second of an uptime and the time
 * that the reply took, so this allows for scheduling inside the router.
 */
export const LOGIN_TOLERANCE_MS = 2_000

/** Quartz drifts by some 20 to 50 ppm, so two clocks may drift apart by twice that. */
const DRIFT = 1e-4

/** Milliseconds between two windows; 0 if they touch, so both may mean the same instant. */
export function gapMs(a: Window, b: Window): number {
  return Math.max(0, b.earliestMs - a.latestMs, a.earliestMs - b.latestMs)
}

/** Whether two windows, read `elapsedMs` apart, can mean the same instant (docs/accounting.md rule 1). */
export function isSameInstant(a: Window, b: Window, elapsedMs: number): boolean {
  return gapMs(a, b) <= toleranceMs(elapsedMs)
}

export function toleranceMs(elapsedMs: number): number {
  return LOGIN_TOLERANCE_MS + Math.max(0, elapsedMs) * DRIFT
}

export function middleMs(window: Window): number {
  return (window.earliestMs + window.latestMs) / 2
}

/** No router was up before. An uptime that says so is false, and could be beyond the range of a date. */
const EARLIEST_MS = Date.UTC(1900, 0, 1)

export function notBeforeRouters(ms: number): number {
  return Math.max(ms, EARLIEST_MS)
}

export function withinReason(window: Window): Window {
  const earliestMs = notBeforeRouters(window.earliestMs)
  const latestMs = notBeforeRouters(window.latestMs)
  return earliestMs === window.earliestMs && latestMs === window.latestMs ? window : { earliestMs, latestMs }
}

export function shiftWindow(window: Window, byMs: number): Window {
  return { earliestMs: window.earliestMs + byMs, latestMs: window.latestMs + byMs }
}

/** Whether a login lies before the router's boot: its uptime is false, or the router's own uptime has wrapped. */
export function isBeforeBoot(login: Window, boot: Window): boolean {
  return login.latestMs < boot.earliestMs - LOGIN_TOLERANCE_MS
}
