/** Rejects at a signal that would have ended this process. From now on none does: something is to be put in order first. */
export function untilInterrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => reject(new Interrupted(`ended by ${signal}`)))
  })
}

/** A command was told to end before it was done. */
class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Aborts at SIGINT, so that what is under way can end as it should. */
export function interrupted(): AbortSignal {
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  return stopping.signal
}
