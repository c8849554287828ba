import type { CountedSpan } from '../../../src/accounting/entry.ts'
import { slowNameAt } from '../../accounting/slow-calendar.ts'
import { DAY_MS, MINUTE_MS } from './history.ts'

/** Bytes in one bucket of one day. */
export interface Piece {
  readonly day: string
  readonly bucketStartMs: number
  readonly upload: bigint
  readonly download: bigint
}

const QUARTER_MS = 15 * MINUTE_MS
const names = new Map<string, string>()

/** Rule 15 (docs/accounting.md) taken literally: pro rata, in whole bytes, step by step, without regard to speed. */
export function slowSplit(
  { delta, from, to }: CountedSpan,
  bucketMs: number,
  timezone: string,
): readonly Piece[] {
  const toMs = to.getTime()
  const fromMs = from.getTime()
  const bucketAt = (ms: number) => Math.floor(ms / bucketMs) * bucketMs
  const [upload, download] = [BigInt(delta.upload), BigInt(delta.download)]
  // The clock was set back in between.
  if (fromMs >= toMs) return [{ day: dayOf(timezone, toMs), bucketStartMs: bucketAt(toMs), upload, download }]
  const isLong = toMs - fromMs > DAY_MS
  const stepMs = isLong ? QUARTER_MS : bucketMs
  const until = (bytes: bigint, ms: number) => (bytes * BigInt(ms - fromMs)) / BigInt(toMs - fromMs)
  const pieces: Piece[] = []
  for (let startMs = fromMs; startMs < toMs; ) {
    const endMs = Math.min(toMs, (Math.floor(startMs / stepMs) + 1) * stepMs)
    const day = dayOf(timezone, startMs)
    const last = pieces.at(-1)
    pieces.push({
      day,
      bucketStartMs: isLong && last?.day === day ? last.bucketStartMs : bucketAt(startMs),
      upload: until(upload, endMs) - until(upload, startMs),
      download: until(download, endMs) - until(download, startMs),
    })
    startMs = endMs
  }
  return pieces
}

function dayOf(timezone: string, ms: number): string {
  const quarter = Math.floor(ms / QUARTER_MS)
  const key = `${timezone} ${quarter}`
  const name = names.get(key) ?? slowNameAt(timezone, quarter * QUARTER_MS)
  names.set(key, name)
  return name
}
