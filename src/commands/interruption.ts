import type { Clock } from '../runtime/clock.ts'

/**
 * Rejects at a signal that would have ended this process. From now on none does: something is to be put in order first.
 * @param isOurs whether one that comes is for us
 */
export function untilInterrupted(isOurs = (_: NodeJS.Signals) => true): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (isOurs(signal)) reject(new Interrupted(`ended by ${signal}`))
      })
  })
}

/** A command was told to end before it was done. */
class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** `npm` and a terminal both hand on the same Ctrl-C. */
const SAME_SIGNAL_MS = 300

/** Where signals arrive: the process. */
interface Signals {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
}

/**
 * What asks a daemon to end.
 * @param onSecond called with a signal that comes after the one that asked: whoever sends it will not wait
 * @returns `promise`, which resolves with the exit code: 0 at SIGTERM or SIGINT, or what `end` was called with before
 */
export function untilAsked(
  signals: Signals,
  clock: Pick<Clock, 'steadyMs'>,
  onSecond: (signal: NodeJS.Signals) => void,
): { readonly promise: Promise<number>; readonly end: (code: number) => void } {
  let end: (code: number) => void = () => {}
  const promise = new Promise<number>(resolve => {
    end = resolve
  })
  let askedMs: number | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    const nowMs = clock.steadyMs()
    if (askedMs !== undefined && nowMs - askedMs >= SAME_SIGNAL_MS) return onSecond(signal)
    askedMs ??= nowMs
    end(0)
  }
  signals.on('SIGTERM', onSignal)
  signals.on('SIGINT', onSignal)
  // Asks for the config to be loaded again, and must not end the process while nobody listens for it yet or any more.
  signals.on('SIGHUP', () => {})
  return { promise, end }
}

/** Aborts at SIGINT, so that what is under way can end as it should. */
export function interrupted(): AbortSignal {
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  return stopping.signal
}
