/**
 * Events that are reported once for a session, also over restarts. Each is a bit, in the journal and in the database.
 */
const BITS = { stall: 1, duplicate: 2, unreadable: 4, uncounted: 8, impossible_uptime: 16 } as const

export type ReportedOnce = keyof typeof BITS

/** The set of events that were reported, as bits. */
export type Reported = number

export const NOTHING_REPORTED: Reported = 0

export function isReported(reported: Reported, what: ReportedOnce): boolean {
  return (reported & BITS[what]) !== 0
}

export function withReported(reported: Reported, what: ReportedOnce): Reported {
  return reported | BITS[what]
}
