import { NO_BINDINGS } from './counting/bindings.ts'
import { Count } from './counting/count.ts'
import { type Decision, type Entry, NO_MOVES } from './entry.ts'
import { type Ledger, openSessions, type Terms } from './ledger.ts'
import type { Service } from './reading.ts'
import { Reports } from './turn/reports.ts'

/**
 * Ends all open sessions of a router that was removed from the config, because nobody reads it any more (rule 36,
 * docs/accounting.md). They end at the last reading, after which nothing is known, and suspected counters are settled as
 * at any end (rule 7). A session that is still there when the router is configured again continues, and its bytes are
 * counted once.
 * @returns `undefined` if no session is open
 */
export function removal(ledger: Ledger, service: Service, terms: Terms): Decision | undefined {
  const { last, bindings } = ledger
  const open = openSessions(ledger)
  if (!last || last.isRemoved || open.length === 0) return undefined
  const { at, boot, device, away } = last
  const reports = new Reports({ at, boot, stalledAfterMs: terms.stalledAfterMs })
  const count = new Count({
    ...{ at, boot, lastMs: at.steadyMs, bindings, report: reports.of },
    plausibleBitsPerSecond: terms.plausibleBitsPerSecond,
  })
  const entries: Entry[] = []
  for (const session of open) {
    const lastSeenAt = session.missed ? new Date(session.missed.lastSeenMs) : at.wall
    const { session: next, counted } = count.atEnd(session, lastSeenAt)
    if (counted.length > 0) entries.push({ kind: 'interim', session: next, counted })
    const when = { lastSeenAt: at.wall, endTime: at.wall }
    entries.push({ kind: 'stop', session: next, ...when, reason: 'removed', device: undefined })
  }
  return {
    ...{ service, at, boot, device, away, entries, events: reports.events },
    ...{ isReplaced: false, moves: NO_MOVES, bindings: NO_BINDINGS },
  }
}
