import { addBytes, type Bytes, NO_BYTES } from '../accounting/bytes.ts'
import type { Growth } from '../accounting/columns/columns.ts'
import type { Decision, Entry } from '../accounting/entry.ts'
import type { RouterId, SessionId } from '../accounting/ids.ts'
import { lazy } from '../accounting/lazy.ts'
import { type Ledger, liveCounts, openSessions } from '../accounting/ledger.ts'
import type { Service } from '../accounting/reading.ts'
import type { SessionJson } from './snapshot.ts'

/** A session's rates in bits a second, between the last two readings. */
export interface Rates {
  readonly uploadBps: number
  readonly downloadBps: number
}

const STILL: Rates = { uploadBps: 0, downloadBps: 0 }

/** The live numbers of one service on one router, from its last reading. */
export interface LiveService {
  readonly readAt: Date
  readonly sessions: number
  /** How many of them have no counters. */
  readonly uncounted: number
  /** Distinct user names online. */
  readonly subscribers: ReadonlySet<string>
  readonly uploadBps: number
  readonly downloadBps: number
  /** Rates of the sessions that moved bytes. Must be called before the next reading is adopted. */
  rates(): ReadonlyMap<SessionId, Rates>
}

/** How many sessions several services have online. */
export function sessionsIn(lives: Iterable<LiveService>): number {
  let sessions = 0
  for (const live of lives) sessions += live.sessions
  return sessions
}

/**
 * Computes the live numbers after a decision.
 * @param ledger the ledger after the decision
 * @param before the live numbers after the previous reading
 */
export function liveService(
  ledger: Ledger,
  decision: Decision,
  before: LiveService | undefined,
): LiveService {
  const { entries, growth } = decision
  let uploadBps = 0
  let downloadBps = 0
  let isSameNames = before !== undefined
  const rates = new Map<SessionId, Rates>()
  for (const entry of entries) {
    isSameNames &&= isNamedIn(before?.subscribers, entry)
    const ofEntry = rateOf(entry)
    if (!ofEntry) continue
    rates.set(entry.session.id, ofEntry)
    uploadBps += ofEntry.uploadBps
    downloadBps += ofEntry.downloadBps
  }
  const { live, uncounted } = liveCounts(ledger)
  if (growth) {
    const { total, from, to } = growth
    uploadBps += rate(Number(total.upload), from, to)
    downloadBps += rate(Number(total.download), from, to)
  }
  return {
    readAt: decision.at.wall,
    sessions: live,
    uncounted,
    uploadBps,
    downloadBps,
    subscribers: isSameNames && before ? before.subscribers : namesOf(ledger),
    // Made on demand, because it is rarely needed. It keeps no entries: those of a first reading are large.
    rates: growth ? lazy(() => withGrowth(rates, growth)) : () => rates,
  }
}

function withGrowth(known: ReadonlyMap<SessionId, Rates>, growth: Growth): ReadonlyMap<SessionId, Rates> {
  const { columns, numbers, upload, download, from, to } = growth
  const rates = new Map(known)
  for (const [place, number] of numbers.entries()) {
    const session = columns.details[number]
    if (!session) continue
    rates.set(session.id, {
      uploadBps: rate(upload[place] ?? 0, from, to),
      downloadBps: rate(download[place] ?? 0, from, to),
    })
  }
  return rates
}

/** Whether an entry does not change who is online. */
function isNamedIn(names: ReadonlySet<string> | undefined, entry: Entry): boolean {
  return entry.kind === 'interim' && !entry.session.missed && names?.has(entry.session.username) === true
}

function rateOf(entry: Entry): Rates | undefined {
  if (entry.kind === 'stop' || entry.counted.length === 0) return undefined
  let [uploadBps, downloadBps] = [0, 0]
  for (const { delta, from, to } of entry.counted) {
    uploadBps += rate(delta.upload, from, to)
    downloadBps += rate(delta.download, from, to)
  }
  return { uploadBps, downloadBps }
}

/** Bits a second. The time is at least a second, because a session may have begun just now. */
function rate(bytes: number, from: Date, to: Date): number {
  return (bytes * 8) / Math.max(1, (to.getTime() - from.getTime()) / 1000)
}

function namesOf(ledger: Ledger): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { username, missed } of ledger.unnumbered.values()) if (!missed) names.add(username)
  for (const details of ledger.columns?.details ?? []) if (details) names.add(details.username)
  return names
}

/**
 * Estimates the bytes that sessions moved after their last reading, if a decision ends them or finds them missing: at
 * their last rates, until they were gone.
 * @param before the live numbers after the last reading
 */
export function tailOf(decision: Decision, before: LiveService | undefined): Bytes {
  let tail = NO_BYTES
  for (const entry of decision.entries) {
    const unseenMs = unseenMsOf(entry)
    const rates = unseenMs > 0 ? before?.rates().get(entry.session.id) : undefined
    if (!rates) continue
    const bytesAt = (bps: number) => Math.ceil((bps / 8) * (unseenMs / 1000))
    tail = addBytes(tail, { upload: bytesAt(rates.uploadBps), download: bytesAt(rates.downloadBps) })
  }
  return tail
}

/** Time from the last reading with a session until it was gone, according to the first reading without it. */
function unseenMsOf(entry: Entry): number {
  const { missed } = entry.session
  if (missed) return entry.kind === 'stop' ? 0 : missed.goneMs - missed.lastSeenMs
  return entry.kind === 'stop' ? entry.endTime.getTime() - entry.lastSeenAt.getTime() : 0
}

/** The open sessions of one service on one router, as in the feed's `sessions` message. */
export function* sessionsJson(
  router: RouterId,
  service: Service,
  ledger: Ledger,
  live: LiveService,
): Iterable<SessionJson> {
  const rates = live.rates()
  for (const session of openSessions(ledger)) {
    if (session.missed) continue
    const { uploadBps, downloadBps } = rates.get(session.id) ?? STILL
    yield {
      id: session.id,
      service,
      username: session.username,
      router,
      ip_address: session.ipAddress ?? null,
      mac_address: session.macAddress ?? null,
      start_time: new Date(session.startMs).toISOString(),
      upload: session.recorded.upload,
      download: session.recorded.download,
      upload_bps: Math.round(uploadBps),
      download_bps: Math.round(downloadBps),
    }
  }
}
