/** Runs `work` a few times and takes the best, so that a noisy neighbour counts as little as can be. */
export function bestOf(rounds: number, work: () => void): number {
  let bestMs = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now()
    work()
    bestMs = Math.min(bestMs, performance.now() - startedMs)
  }
  return bestMs
}

export function report(what: string, figure: string): void {
  console.log(`${what.padEnd(52)} ${figure}`)
}

/** `1.23 M/s` */
export function perSecond(count: number, ms: number): string {
  const rate = (count / ms) * 1000
  if (rate >= 1e6) return `${(rate / 1e6).toFixed(2)} M/s`
  return `${(rate / 1e3).toFixed(1)} k/s`
}
