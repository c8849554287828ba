import { decide, type Terms } from '../../src/accounting/decide.ts'
import { adopt, type Ledger, NEW_LEDGER } from '../../src/accounting/ledger.ts'
import { bestOf, perSecond, report } from './measure.ts'
import { readingAt, sessionIds } from './readings.ts'

const SESSIONS = 20_000
const TERMS: Terms = { plausibleBitsPerSecond: 10e9, stalledAfterMs: 900_000 }

/** What a reading costs once its rows are there: all sessions moving, and all idle. */
export function benchDeciding(): void {
  const beganMs = Date.UTC(2026, 0, 1)
  const newId = sessionIds()
  const opened = step(NEW_LEDGER, beganMs + 60_000, 1_000)
  const movingMs = bestOf(5, () => step(opened, beganMs + 65_000, 1_000))
  const still = step(NEW_LEDGER, beganMs + 60_000, 0)
  const idleMs = bestOf(5, () => step(still, beganMs + 65_000, 0))
  report('decide and adopt, sessions that moved', perSecond(SESSIONS, movingMs))
  report('decide and adopt, idle sessions', perSecond(SESSIONS, idleMs))

  function step(ledger: Ledger, ms: number, bytesPerSecond: number): Ledger {
    return adopt(ledger, decide(ledger, readingAt(ms, beganMs, SESSIONS, bytesPerSecond), TERMS, newId))
  }
}
