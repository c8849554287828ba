import type { Bytes } from '../../../src/accounting/bytes.ts'
import type {
  BindingReading,
  Device,
  Moment,
  Reading,
  SessionReading,
  UnreadRow,
  Window,
} from '../../../src/accounting/reading.ts'
import { ofService, PLAIN_ROW } from '../../accounting/readings.ts'
import type { SimulatedService } from '../../harness/services.ts'
import type { RouterBeginning, Trip } from './history.ts'
import type { ActiveLie } from './lies.ts'
import { TrueService, type TrueSession } from './true-service.ts'

/** How far the daemon's clocks are ahead of the truth. */
export interface Clocks {
  readonly steadyAheadMs: number
  /** How far the wall clock is ahead of the steady one. */
  readonly wallAheadMs: number
}

/** What a reading was made from: the true counters of the sessions and bindings that it shows. */
export interface Sight {
  readonly router: TrueRouter
  readonly service: SimulatedService
  readonly askedMs: number
  readonly reading: Reading
  readonly seen: ReadonlyMap<TrueSession, Bytes | undefined>
  readonly bindings: ReadonlyMap<string, Bytes>
  /** The sessions about which the reading is untrue. */
  readonly lies: ReadonlyMap<TrueSession, ActiveLie>
}

/** A router with a clock that drifts. Times are true milliseconds, which neither it nor the daemon knows. */
export class TrueRouter {
  readonly services: Readonly<Record<SimulatedService, TrueService>>
  readonly #drift: number
  readonly #device: Device
  #bootMs: number
  #boot: Window = { earliestMs: 0, latestMs: 0 }

  constructor({ upForMs, driftPpm, bindingBytes }: RouterBeginning, nowMs: number, serial: string) {
    this.#device = { serial, identity: 'MikroTik' }
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

  /** Opens a new connection, which asks for the uptime. */
  connect(askedMs: number, latencyMs: number, clocks: Clocks): void {
    this.#boot = this.#windowOf(this.#bootMs, askedMs, { latencyMs, jitter: 0 }, clocks).window
  }

  read(service: SimulatedService, askedMs: number, trip: Trip, clocks: Clocks): Sight {
    const truth = this.services[service]
    const seen = new Map<TrueSession, Bytes | undefined>()
    const lies = new Map<TrueSession, ActiveLie>()
    const bindings = new Map(truth.bindings)
    const shown = new Map(truth.bindings)
    const rows: SessionReading[] = []
    const unread: UnreadRow[] = []
    for (const [index, session] of [...truth.open].entries()) {
      const isHidden = service === 'ppp' && index === trip.hidden
      const counters = isHidden ? undefined : session.counters
      seen.set(session, counters)
      const { binding, lie } = session
      const claimed = counters && lie ? lie.counters(counters) : counters
      if (binding !== undefined && isHidden) {
        shown.delete(binding)
        bindings.delete(binding)
      } else if (binding !== undefined && claimed) shown.set(binding, claimed)
      const ofRow = { ...trip, jitter: trip.jitter + index * 37 }
      const row = this.#row(service, session, claimed, askedMs, ofRow, clocks)
      rows.push(...(lie?.rows(row) ?? [row]))
      if (!lie) continue
      lies.set(session, lie)
      unread.push(...lie.unread(row))
    }
    if (trip.isReversed) rows.reverse()
    const at: Moment = {
      steadyMs: askedMs + clocks.steadyAheadMs,
      wall: new Date(askedMs + clocks.steadyAheadMs + clocks.wallAheadMs),
    }
    const reading: Reading = {
      ...{ ...ofService(service), at, boot: this.#boot, device: this.#device, sessions: rows, unread },
      bindings: Array.from(shown, ([name, counters]): BindingReading => ({ name, counters })),
    }
    return { router: this, service, askedMs, reading, seen, bindings, lies }
  }

  /** Notes that the daemon got a reading. */
  wasRead({ service, seen, lies }: Sight): void {
    for (const session of this.services[service].open) {
      const lie = lies.get(session)
      lie?.countReading()
      if (lie?.isOver) session.lie = undefined
      const counters = seen.get(session)
      session.isSeen = counters !== undefined && !lie
      if (counters && !lie) session.shown = counters
    }
  }

  /** How long the youngest session has been logged in. */
  youngestMs(nowMs: number): number {
    const open = [...this.services.hotspot.open, ...this.services.ppp.open]
    return Math.min(...open.map(session => nowMs - session.loginMs))
  }

  #row(
    service: SimulatedService,
    { username, identity, loginMs, binding }: TrueSession,
    counters: Bytes | undefined,
    askedMs: number,
    trip: Pick<Trip, 'latencyMs' | 'jitter'>,
    clocks: Clocks,
  ): SessionReading {
    const isPpp = service === 'ppp'
    const { window, uptimeSeconds } = this.#windowOf(loginMs, askedMs, trip, clocks)
    return {
      ...{ protocol: isPpp ? 'pppoe' : 'hotspot', username, server: isPpp ? undefined : 'hs1' },
      ...{ macAddress: username, ipAddress: isPpp ? undefined : identity },
      ...{ routerSessionId: isPpp ? identity : undefined, callerId: isPpp ? username : undefined },
      ...{ uptimeSeconds, login: window, counters, ...PLAIN_ROW, binding },
    }
  }

  /** When something began, by an uptime in whole seconds that was true at some moment between question and answer. */
  #windowOf(
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
