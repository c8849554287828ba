import type { Decision } from '../entry.ts'
import type { Moment, Service } from '../reading.ts'
import type { LimitUse } from './limit-use.ts'
import { namesADay } from './others.ts'
import type { Room } from './room.ts'

/** What the operator allows a router, over all its services. */
export interface SessionLimits {
  readonly maxSessions: number
  readonly newSessionsPerHour: number
}

/** A reading, or one that is to come. */
export interface RoomFor {
  readonly service: Service
  readonly at: Pick<Moment, 'steadyMs'>
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** So many may always begin in a minute: they weigh little, and a flaky link ends all sessions again and again. */
const LIGHT_PER_MINUTE = 5_000

/**
 * How many sessions a router has opened, and how many of its rows are left out. In an hour, no more begin than it is
 * allowed; in a minute, no more than may be open, as after a restart. Kept per process: a restart of the daemon begins
 * a new hour. Open sessions are never left out, so that what is counted stays counted.
 */
export class SessionBudget {
  #hour = { fromMs: Number.NEGATIVE_INFINITY, begun: 0 }
  /** Sessions that began lately; a minute takes away as many as may be open. */
  #lately = { atMs: Number.NEGATIVE_INFINITY, begun: 0 }
  /** When the event for rows left out was last recorded, by service, in steady milliseconds. */
  readonly #toldMs = new Map<Service, number>()
  readonly #leftOut = new Map<Service, number>()

  /**
   * @param others sessions of the router that are open, or begin with this poll, in its other services
   * @param begun those that begin with this poll so far
   */
  roomFor({ service, at }: RoomFor, limits: SessionLimits, others: number, begun: number): Room {
    const isThisHour = at.steadyMs - this.#hour.fromMs < HOUR_MS
    const told = this.#toldMs.get(service)
    const thisHour = limits.newSessionsPerHour - (isThisHour ? this.#hour.begun : 0)
    const thisMinute = perMinute(limits) - this.#begunLately(at.steadyMs, limits)
    return {
      mostSessions: limits.maxSessions - others,
      mostNew: Math.min(thisHour, thisMinute) - begun,
      mostBindings: namesADay(limits),
      isTold: told !== undefined && at.steadyMs - told < HOUR_MS,
    }
  }

  /** Takes note of a decision that is adopted. */
  note(decision: Decision, limits: SessionLimits): void {
    const { service, at, leftOut = 0 } = decision
    const begun = startsOf(decision)
    if (at.steadyMs - this.#hour.fromMs >= HOUR_MS) this.#hour = { fromMs: at.steadyMs, begun: 0 }
    this.#hour.begun += begun
    this.#lately = { atMs: at.steadyMs, begun: this.#begunLately(at.steadyMs, limits) + begun }
    this.#leftOut.set(service, leftOut)
    if (decision.events.some(it => it.kind === 'left_out')) this.#toldMs.set(service, at.steadyMs)
  }

  #begunLately(nowMs: number, limits: SessionLimits): number {
    const { atMs, begun } = this.#lately
    return Math.max(0, begun - Math.floor((perMinute(limits) * (nowMs - atMs)) / MINUTE_MS))
  }

  /** Rows of the last readings that no session was opened for. */
  get leftOut(): number {
    let leftOut = 0
    for (const its of this.#leftOut.values()) leftOut += its
    return leftOut
  }

  /** @param sessions of the router, all services together */
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

/** Sessions that begin with a decision. */
export function startsOf({ entries }: Decision): number {
  return entries.reduce((sum, { kind }) => sum + (kind === 'start' ? 1 : 0), 0)
}
