/** A garbage collection, as `node --trace-gc` tells of it. */
export interface Collection {
  /** Since the process was started. */
  readonly seconds: number
  /** Of all of the heap: what it leaves is all in use. */
  readonly isMajor: boolean
  readonly usedBefore: number
  readonly usedAfter: number
  /** What the heap has of the system's memory from then on. */
  readonly heldAfter: number
}

const MEGABYTE = 1024 * 1024
/** `[27665:0x2e8ea5a0] 391682 ms: Mark-Compact 117.6 (150.6) -> 32.9 (147.9) MB, …` */
const LINE =
  /^\[\d+:(0x[\da-f]+)\] +(\d+) ms: (Mark-Compact|Scavenge)[^\d]*([\d.]+) \([\d.]+\) -> ([\d.]+) \(([\d.]+)\) MB/

/** Those of the main thread, whose first one is the log's first. A line that others wrote into is passed over. */
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
