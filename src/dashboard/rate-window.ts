/** Bits a second at one moment. */
export interface RateSample {
  readonly atMs: number
  readonly download: number
  readonly upload: number
}

export const WINDOW_MS = 10 * 60_000
/** After this many intervals without a sample the line is interrupted. */
const GAP_INTERVALS = 3

/** A tenant's rates over the last ten minutes. */
export class RateWindow {
  #samples: readonly RateSample[] = []

  get samples(): readonly RateSample[] {
    return this.#samples
  }

  /** Adds a sample. One that is not newer than the last is a repetition and ignored. */
  add(sample: RateSample): void {
    const last = this.#samples.at(-1)
    if (last !== undefined && sample.atMs <= last.atMs) return
    const kept = this.#samples.filter(({ atMs }) => atMs > sample.atMs - WINDOW_MS)
    this.#samples = [...kept, sample]
  }

  /** Seconds since 1970, download and upload. `null` interrupts a line where samples are missing. */
  lines(intervalMs: number): [number[], (number | null)[], (number | null)[]] {
    const lines: [number[], (number | null)[], (number | null)[]] = [[], [], []]
    let before: RateSample | undefined
    for (const sample of this.#samples) {
      if (before !== undefined && sample.atMs - before.atMs > GAP_INTERVALS * Math.max(1000, intervalMs))
        push(lines, (before.atMs + sample.atMs) / 2, null, null)
      push(lines, sample.atMs, sample.download, sample.upload)
      before = sample
    }
    return lines
  }

  /** The average of each minute with samples, newest first. */
  minutes(): readonly RateSample[] {
    const minutes = new Map<number, RateSample[]>()
    for (const sample of this.#samples) {
      const minute = Math.floor(sample.atMs / 60_000)
      minutes.set(minute, [...(minutes.get(minute) ?? []), sample])
    }
    return Array.from(minutes, ([minute, samples]) => ({
      atMs: minute * 60_000,
      download: mean(samples.map(it => it.download)),
      upload: mean(samples.map(it => it.upload)),
    })).reverse()
  }
}

function push(
  [xs, downs, ups]: [number[], (number | null)[], (number | null)[]],
  atMs: number,
  down: number | null,
  up: number | null,
): void {
  xs.push(atMs / 1000)
  downs.push(down)
  ups.push(up)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
