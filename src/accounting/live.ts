import { addBytes, type Bytes, NO_BYTES } from './bytes.ts'
import type { Decision } from './entry.ts'
import type { RouterId, SessionId } from './ids.ts'
import { type Ledger, openSessions } from './ledger.ts'
import type { Service } from './reading.ts'
import type { SessionJson } from './snapshot.ts'

/** A session's rates in bits a second, between the last two readings. */
export interface Rates {
  readonly uploadBps: number
  readonly downloadBps: number
}

const STILL: Rates = { uploadBps: 0, downloadBps: 0 }

/** What one service on one router shows right now, from its last reading. */
export interface LiveService {
  readonly readAt: Date
  readonly sessions: number
  /** Distinct names online. */
  readonly subscribers: ReadonlySet<string>
  readonly uploadBps: number
  readonly downloadBps: number
  /** Only of the sessions that moved. */
  readonly rates: ReadonlyMap<SessionId, Rates>
}

/** @param ledger as it is after the decision */
export function liveService(ledger: Ledger, decision: Decision): LiveService {
  const rates = new Map<SessionId, Rates>()
  let uploadBps = 0
  let downloadBps = 0
  for (const entry of decision.entries) {
    if (entry.kind === 'stop' || !entry.counted) continue
    const { delta, from, to } = entry.counted
    // A session that began within this second has no span to divide by.
    const seconds = Math.max(1, (to.getTime() - from.getTime()) / 1000)
    const rate = { uploadBps: (delta.upload * 8) / seconds, downloadBps: (delta.download * 8) / seconds }
    rates.set(entry.session.id, rate)
    uploadBps += rate.uploadBps
    downloadBps += rate.downloadBps
  }
  const subscribers = new Set<string>()
  let sessions = 0
  for (const session of openSessions(ledger)) {
    sessions++
    subscribers.add(session.username)
  }
  return { readAt: decision.at.wall, sessions, subscribers, uploadBps, downloadBps, rates }
}

/**
 * What the sessions that a decision ends may have moved after their last reading, had they gone on at their last
 * rates until they ended.
 * @param before the service as the last reading showed it
 */
export function tailOf(decision: Decision, before: LiveService | undefined): Bytes {
  let tail = NO_BYTES
  for (const entry of decision.entries) {
    const rates = entry.kind === 'stop' ? before?.rates.get(entry.session.id) : undefined
    if (entry.kind !== 'stop' || !rates) continue
    const seconds = Math.max(0, entry.endTime.getTime() - entry.lastSeenAt.getTime()) / 1000
    const bytesAt = (bps: number) => Math.ceil((bps / 8) * seconds)
    tail = addBytes(tail, { upload: bytesAt(rates.uploadBps), download: bytesAt(rates.downloadBps) })
  }
  return tail
}

/** The open sessions of one service on one router, as the feed's `sessions` message shows them. */
export function* sessionsJson(
  router: RouterId,
  service: Service,
  ledger: Ledger,
  live: LiveService,
): Iterable<SessionJson> {
  for (const session of openSessions(ledger)) {
    const { uploadBps, downloadBps } = live.rates.get(session.id) ?? STILL
    yield {
      id: session.id,
      service,
      username: session.username,
      router,
      ip_address: session.ipAddress ?? null,
      mac_address: session.macAddress ?? null,
      start_time: session.startTime.toISOString(),
      upload: session.recorded.upload,
      download: session.recorded.download,
      upload_bps: Math.round(uploadBps),
      download_bps: Math.round(downloadBps),
    }
  }
}
