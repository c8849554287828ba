import { decide, type Terms } from '../../src/accounting/decide.ts'
import { adopt, type Ledger, NEW_LEDGER } from '../../src/accounting/ledger.ts'
import type { Reading } from '../../src/accounting/reading.ts'
import { bestOf, perSecond, report } from './measure.ts'
import { readingAt, sessionIds } from './readings.ts'

const SESSIONS = 20_000
const TERMS: Terms = { plausibleBitsPerSecond: 10e9, stalledAfterMs: 900_000 }

/** What a reading costs once its rows are there: all sessions moving, and all idle. */
export function benchDeciding(): void {
  const beganMs = Date.UTC(2026, 0, 1)
  const newId = sessionIds()
  const step = (ledger: Ledger, reading: Reading) => adopt(ledger, decide(ledger, reading, TERMS, newId))
  const measure = (bytesPerSecond: number) => {
    const opened = step(NEW_LEDGER, readingAt(beganMs + 60_000, beganMs, SESSIONS, bytesPerSecond))
    const next = readingAt(beganMs + 65_000, beganMs, SESSIONS, bytesPerSecond)
    return bestOf(5, () => step(opened, next))
  }
  report('decide and adopt, sessions that moved', perSecond(SESSIONS, measure(1_000)))
  report('decide and adopt, idle sessions', perSecond(SESSIONS, measure(0)))
}
