import type { Clock } from '../runtime/clock.ts'

/**
 * Rejects at a signal that would end this process. From now on such signals do not end it, so that it can clean up.
 * @param isOurs whether a signal is for us
 */
export function untilInterrupted(isOurs = (_: NodeJS.Signals) => true): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (isOurs(signal)) reject(new Interrupted(`ended by ${signal}`))
      })
  })
}

/** A command was asked to end before it was done. */
class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** `npm` and the terminal both forward the same Ctrl-C. */
const SAME_SIGNAL_MS = 300

/** The source of signals: the process. */
interface Signals {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
}

/**
 * Waits for the signal that asks a daemon to stop.
 * @param onSecond called with a further signal: its sender does not want to wait
 * @returns `promise` resolves with the exit code: 0 at SIGTERM or SIGINT, or the code of an earlier call of `end`
 */
export function stopRequest(
  signals: Signals,
  clock: Pick<Clock, 'steadyMs'>,
  onSecond: (signal: NodeJS.Signals) => void,
): { readonly promise: Promise<number>; readonly end: (code: number) => void } {
  let end: (code: number) => void = () => {}
  const promise = new Promise<number>(resolve => {
    end = resolve
  })
  let firstMs: number | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    const nowMs = clock.steadyMs()
    if (firstMs !== undefined && nowMs - firstMs >= SAME_SIGNAL_MS) return onSecond(signal)
    firstMs ??= nowMs
    end(0)
  }
  signals.on('SIGTERM', onSignal)
  signals.on('SIGINT', onSignal)
  // SIGHUP reloads the config. It must not end the process before or after the time in which somebody listens for it.
  signals.on('SIGHUP', () => {})
  return { promise, end }
}

/** Aborts at SIGINT, so that work in progress can end in order. */
export function interrupted(): AbortSignal {
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  return stopping.signal
}
