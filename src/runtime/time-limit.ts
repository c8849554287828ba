import type { Clock } from './clock.ts'

/**
 * Does work with a signal that aborts once it has taken `ms`, or with `cut`, whichever comes first.
 * @returns what the work returns, which has to end soon after the signal
 */
export async function withTimeLimit<T>(
  { clock, ms, cut }: { readonly clock: Clock; readonly ms: number; readonly cut: AbortSignal },
  work: (end: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController()
  const done = new AbortController()
  const stop = () => end.abort()
  cut.addEventListener('abort', stop)
  if (cut.aborted) stop()
  void clock.sleep(ms, done.signal).then(stop)
  try {
    return await work(end.signal)
  } finally {
    done.abort()
    cut.removeEventListener('abort', stop)
  }
}
