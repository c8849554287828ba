import type { Calendar } from './calendar.ts'
import type { Decision, Entry } from './entry.ts'
import { type Share, spread } from './spread.ts'
import type { Steps } from './steps.ts'

/** How bytes are put into buckets and days. */
export interface Spreading {
  readonly bucketMs: number
  readonly calendar: Calendar
}

/** The spread of each entry that counted bytes. */
export type Shares = ReadonlyMap<Entry, readonly Share[]>

export function* sharesOf(decision: Decision, { bucketMs, calendar }: Spreading): Steps<Shares> {
  const shares = new Map<Entry, readonly Share[]>()
  for (const entry of decision.entries) {
    if (entry.kind === 'stop' || entry.counted.length === 0) continue
    const its = entry.counted.flatMap(counted => spread(counted, bucketMs, calendar))
    shares.set(entry, its)
    yield
  }
  return shares
}
