/** A garbage collection in the output of `node --trace-gc`. */
export interface Collection {
  /** Seconds since the start of the process. */
  readonly seconds: number
  /** Whether it collected the whole heap: what it leaves is in use. */
  readonly isMajor: boolean
  readonly usedBefore: number
  readonly usedAfter: number
  /** The heap's memory from then on. */
  readonly heldAfter: number
}

const MEGABYTE = 1024 * 1024
/** `[27665:0x2e8ea5a0] 391682 ms: Mark-Compact 117.6 (150.6) -> 32.9 (147.9) MB, …` */
const LINE =
  /^\[\d+:(0x[\da-f]+)\] +(\d+) ms: (Mark-Compact|Scavenge)[^\d]*([\d.]+) \([\d.]+\) -> ([\d.]+) \(([\d.]+)\) MB/

/** The collections of the main thread, to which the log's first one belongs. Interleaved lines are skipped. */
export function collectionsIn(log: string): readonly Collection[] {
  let main: string | undefined
  return log.split('\n').flatMap(line => {
    const [, isolate, ms, kind, usedBefore, usedAfter, heldAfter] = LINE.exec(line) ?? []
    main ??= isolate
    if (isolate === undefined || isolate !== main) return []
    return [
      {
        seconds: Number(ms) / 1000,
        isMajor: kind === 'Mark-Compact',
        usedBefore: Number(usedBefore) * MEGABYTE,
        usedAfter: Number(usedAfter) * MEGABYTE,
        heldAfter: Number(heldAfter) * MEGABYTE,
      },
    ]
  })
}
