import { setTimeout as delay } from 'node:timers/promises'

/** Time as the daemon sees it; tests turn one by hand. */
export interface Clock {
  /** The wall clock, which somebody may set. */
  now(): Date
  /** Milliseconds that only grow, anchored to the wall clock when the process began. */
  steadyMs(): number
  /** Resolves after `ms`, or at once when the signal aborts; never rejects, and leaves no timer. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** Node's timers count in 31 bits, and a longer one goes off at once. */
const LONGEST_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => new Date(),
  steadyMs: () => performance.timeOrigin + performance.now(),
  async sleep(ms, signal) {
    try {
      for (let restMs = Math.max(0, ms); restMs >= 0; restMs -= LONGEST_MS)
        await delay(Math.min(restMs, LONGEST_MS), undefined, { signal })
    } catch {
      // Aborted: the caller's loop looks at its signal.
    }
  },
}
