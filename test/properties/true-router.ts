import type { Bytes } from '../../src/accounting/bytes.ts'
import type {
  BindingReading,
  Moment,
  Reading,
  Service,
  SessionReading,
  Window,
} from '../../src/accounting/reading.ts'
import type { RouterBeginning, Trip } from './history.ts'
import { TrueService, type TrueSession } from './true-service.ts'

/** The daemon's clocks: how far they are from the truth. */
export interface Clocks {
  readonly steadyAheadMs: number
  /** Of the wall clock, ahead of the steady one. */
  readonly wallAheadMs: number
}

/** What a reading was made of: which sessions showed which counters, and which bindings. */
export interface Sight {
  readonly service: Service
  readonly askedMs: number
  readonly reading: Reading
  readonly seen: ReadonlyMap<TrueSession, Bytes | undefined>
  readonly bindings: ReadonlyMap<string, Bytes>
}

/** A router with a clock that drifts. Times are true milliseconds, which neither it nor the daemon knows. */
export class TrueRouter {
  readonly services: Readonly<Record<Service, TrueService>>
  readonly #drift: number
  #bootMs: number
  #boot: Window = { earliestMs: 0, latestMs: 0 }

  constructor({ upForMs, driftPpm, bindingBytes }: RouterBeginning, nowMs: number) {
    this.services = {
      hotspot: new TrueService('hotspot', bindingBytes),
      ppp: new TrueService('ppp', bindingBytes),
    }
    this.#drift = driftPpm / 1e6
    this.#bootMs = nowMs - upForMs
  }

  reboot(nowMs: number): void {
    this.#bootMs = nowMs
    this.services.hotspot.reboot()
    this.services.ppp.reboot()
  }

  /** A new connection, which asks for the uptime. */
  connect(askedMs: number, latencyMs: number, clocks: Clocks): void {
    this.#boot = this.#tell(this.#bootMs, askedMs, { latencyMs, jitter: 0 }, clocks).window
  }

  read(service: Service, askedMs: number, trip: Trip, clocks: Clocks): Sight {
    const its = this.services[service]
    const seen = new Map<TrueSession, Bytes | undefined>()
    const shown = new Map(its.bindings)
    const rows: SessionReading[] = []
    for (const [index, session] of [...its.open].entries()) {
      const isHidden = service === 'ppp' && index === trip.hidden
      const counters = isHidden ? undefined : session.counters
      seen.set(session, counters)
      if (isHidden && session.binding !== undefined) shown.delete(session.binding)
      const ofRow = { ...trip, jitter: trip.jitter + index * 37 }
      rows.push(this.#row(service, session, counters, askedMs, ofRow, clocks))
    }
    if (trip.isReversed) rows.reverse()
    const at: Moment = {
      steadyMs: askedMs + clocks.steadyAheadMs,
      wall: new Date(askedMs + clocks.steadyAheadMs + clocks.wallAheadMs),
    }
    const bindings = Array.from(shown, ([name, counters]): BindingReading => ({ name, counters }))
    const reading = { service, at, boot: this.#boot, sessions: rows, bindings }
    return { service, askedMs, reading, seen, bindings: shown }
  }

  /** The shortest that anybody has been logged in. */
  youngestMs(nowMs: number): number {
    const open = [...this.services.hotspot.open, ...this.services.ppp.open]
    return Math.min(...open.map(session => nowMs - session.loginMs))
  }

  #row(
    service: Service,
    { username, identity, loginMs, binding }: TrueSession,
    counters: Bytes | undefined,
    askedMs: number,
    trip: Pick<Trip, 'latencyMs' | 'jitter'>,
    clocks: Clocks,
  ): SessionReading {
    const isPpp = service === 'ppp'
    const { window, uptimeSeconds } = this.#tell(loginMs, askedMs, trip, clocks)
    return {
      ...{ protocol: isPpp ? 'pppoe' : 'hotspot', username, server: isPpp ? undefined : 'hs1' },
      ...{ macAddress: username, ipAddress: isPpp ? undefined : identity },
      ...{ routerSessionId: isPpp ? identity : undefined, callerId: isPpp ? username : undefined },
      ...{ uptimeSeconds, login: window, counters, binding },
    }
  }

  /** What an uptime in whole seconds, true at some moment between asking and the answer, tells of its beginning. */
  #tell(
    beganMs: number,
    askedMs: number,
    { latencyMs, jitter }: Pick<Trip, 'latencyMs' | 'jitter'>,
    { steadyAheadMs }: Clocks,
  ): { readonly window: Window; readonly uptimeSeconds: number } {
    const trueMs = askedMs + (jitter % (latencyMs + 1))
    const uptimeSeconds = Math.max(0, Math.floor(((trueMs - beganMs) * (1 + this.#drift)) / 1000))
    const window = {
      earliestMs: askedMs + steadyAheadMs - (uptimeSeconds + 1) * 1000,
      latestMs: askedMs + latencyMs + steadyAheadMs - uptimeSeconds * 1000,
    }
    return { window, uptimeSeconds }
  }
}
