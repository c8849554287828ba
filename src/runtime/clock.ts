/** The daemon's clock. Tests use a manual one. */
export interface Clock {
  /** The wall clock, which can be set. */
  now(): Date
  /** Milliseconds that only grow, anchored to the wall clock when the process began. */
  steadyMs(): number
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects, and leaves no timer. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The longest delay of Node's timers, which use 31 bits. A longer one fires at once. */
const LONGEST_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => new Date(),
  steadyMs: () => performance.timeOrigin + performance.now(),
  // `node:timers/promises` is not used, because it makes an error with a stack for each sleep that is ended early.
  sleep: (ms, signal) =>
    new Promise(resolve => {
      if (signal.aborted) return resolve()
      let timer: NodeJS.Timeout | undefined
      const wake = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const rest = (restMs: number) => {
        timer = setTimeout(
          () => (restMs > LONGEST_MS ? rest(restMs - LONGEST_MS) : wake()),
          Math.min(restMs, LONGEST_MS),
        )
      }
      signal.addEventListener('abort', wake)
      rest(Math.max(0, ms))
    }),
}
