import { type Decision, startsOf } from '../entry.ts'
import type { Moment, Service } from '../reading.ts'
import type { LimitUse } from './limit-use.ts'
import { namesADay } from './others.ts'
import type { Room } from './room.ts'

/** The operator's limits for a router, over all its services. */
export interface SessionLimits {
  readonly maxSessions: number
  readonly newSessionsPerHour: number
}

/** A reading, or the next one. */
export interface RoomFor {
  readonly service: Service
  readonly at: Pick<Moment, 'steadyMs'>
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** Sessions that may always begin in a minute. They cost little, and a bad link ends all sessions again and again. */
const LIGHT_PER_MINUTE = 5_000

/**
 * Counts the sessions that a router opened, and its rows that were left out. In an hour as many may begin as the limit
 * allows; in a minute as many as may be open, because all begin again after a restart of the router. The counts are kept
 * per process: a restart of the daemon begins a new hour. Open sessions are never left out.
 */
export class SessionBudget {
  #hour = { fromMs: Number.NEGATIVE_INFINITY, begun: 0 }
  /** Sessions that began recently. Each minute takes away as many as may be open. */
  #recent = { atMs: Number.NEGATIVE_INFINITY, begun: 0 }
  /** When the event for rows left out was last recorded, by service, in steady milliseconds. */
  readonly #reportedMs = new Map<Service, number>()
  readonly #leftOut = new Map<Service, number>()

  /**
   * The room of a reading.
   * @param others number of sessions in the router's other services that are open or begin with this poll
   * @param begun number of sessions that began with this poll so far
   */
  roomFor({ service, at }: RoomFor, limits: SessionLimits, others: number, begun: number): Room {
    const isThisHour = at.steadyMs - this.#hour.fromMs < HOUR_MS
    const reportedMs = this.#reportedMs.get(service)
    const thisHour = limits.newSessionsPerHour - (isThisHour ? this.#hour.begun : 0)
    const thisMinute = perMinute(limits) - this.#begunRecently(at.steadyMs, limits)
    return {
      mostSessions: limits.maxSessions - others,
      mostNew: Math.min(thisHour, thisMinute) - begun,
      mostBindings: namesADay(limits),
      isReported: reportedMs !== undefined && at.steadyMs - reportedMs < HOUR_MS,
    }
  }

  /** Counts what an adopted decision opened and left out. */
  note(decision: Decision, limits: SessionLimits): void {
    const { service, at, leftOut = 0 } = decision
    const begun = startsOf(decision)
    if (at.steadyMs - this.#hour.fromMs >= HOUR_MS) this.#hour = { fromMs: at.steadyMs, begun: 0 }
    this.#hour.begun += begun
    this.#recent = { atMs: at.steadyMs, begun: this.#begunRecently(at.steadyMs, limits) + begun }
    this.#leftOut.set(service, leftOut)
    if (decision.events.some(it => it.kind === 'left_out')) this.#reportedMs.set(service, at.steadyMs)
  }

  #begunRecently(nowMs: number, limits: SessionLimits): number {
    const { atMs, begun } = this.#recent
    return Math.max(0, begun - Math.floor((perMinute(limits) * (nowMs - atMs)) / MINUTE_MS))
  }

  /** Number of rows in the last readings for which no session was opened. */
  get leftOut(): number {
    let leftOut = 0
    for (const ofService of this.#leftOut.values()) leftOut += ofService
    return leftOut
  }

  /** How much of the limits the router uses. @param sessions number of open sessions, all services together */
  uses({ maxSessions, newSessionsPerHour }: SessionLimits, sessions: number): readonly LimitUse[] {
    return [
      { limit: 'max_sessions', used: sessions + this.leftOut, allowed: maxSessions },
      { limit: 'new_sessions_per_hour', used: this.#hour.begun, allowed: newSessionsPerHour },
    ]
  }
}

function perMinute({ maxSessions }: SessionLimits): number {
  return Math.max(maxSessions, LIGHT_PER_MINUTE)
}
