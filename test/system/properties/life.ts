import type { Bytes } from '../../../src/accounting/bytes.ts'
import { SERVICES, type SimulatedService } from '../../harness/services.ts'
import { Daemon } from './daemon.ts'
import { type Event, type History, MINUTE_MS, SECOND_MS } from './history.ts'
import { type Clocks, TrueRouter } from './true-router.ts'
import { Truth } from './truth.ts'

type ClockEvent = Extract<Event, { kind: 'clock' }>
type Poll = Extract<Event, { kind: 'poll' }>

/** The time that a router takes to answer again after a reboot. */
const REBOOT_MS = 20 * SECOND_MS

/** A poll without anything special. */
const PLAIN: Poll = {
  ...{ kind: 'poll', services: SERVICES, fate: 'recorded' },
  trip: { latencyMs: 100, jitter: 50, isReversed: false, hidden: undefined },
}

/** Runs a history from its beginning to the last commit. */
export class Life {
  readonly history: History
  readonly truths: Readonly<Record<SimulatedService, Truth>> = { hotspot: new Truth(), ppp: new Truth() }
  readonly daemon: Daemon
  readonly #routers: readonly [TrueRouter, TrueRouter]
  #isSwapped = false
  #hasSwapped = false
  #clocks: Clocks = { steadyAheadMs: 0, wallAheadMs: 0 }
  #nowMs: number
  #isConnected = false
  #connections = 0

  constructor(history: History) {
    this.history = history
    this.#nowMs = history.startMs
    this.#routers = [
      new TrueRouter(history.router, history.startMs, 'HF1'),
      new TrueRouter({ ...history.router, upForMs: 3 * history.router.upForMs }, history.startMs, 'HF2'),
    ]
    this.daemon = new Daemon(history)
  }

  live(): this {
    for (const { afterMs, event } of this.history.commands) {
      this.#nowMs += afterMs
      this.#happen(event)
    }
    // The next readings settle what is suspected.
    for (let reading = 0; reading < 5; reading++) {
      this.#nowMs += SECOND_MS
      this.#poll(PLAIN)
    }
    for (const service of SERVICES) this.truths[service].settle()
    this.daemon.finish()
    return this
  }

  get #router(): TrueRouter {
    return this.#routers[this.#isSwapped ? 1 : 0]
  }

  #happen(event: Event): void {
    switch (event.kind) {
      case 'log-in':
        this.#router.services[event.service].logIn(this.#nowMs, event.user, event.place)
        break
      case 'log-out':
        this.#router.services[event.service].logOut(event.which)
        break
      case 'log-in-again':
        this.#router.services[event.service].logInAgain(this.#nowMs, event.which)
        break
      case 'move':
        this.#move(event.shift, event.bytes)
        break
      case 'reset':
        this.#router.services[event.service].reset(event.which)
        break
      case 'readdress':
        this.#router.services.hotspot.readdress(event.which)
        break
      case 'lie':
        if (!this.history.isHonest) this.#router.services[event.service].lie(event.which, event.lie)
        break
      case 'swap':
        if (this.history.isHonest) break
        this.#hasSwapped = true
        for (const service of SERVICES) this.#router.services[service].stopLying()
        this.#isSwapped = !this.#isSwapped
        this.#isConnected = false
        break
      case 'reboot':
        this.#reboot()
        break
      case 'poll':
        this.#poll(event)
        break
      case 'failed-poll':
        this.#fail(event.services)
        break
      case 'reconnect':
        this.#connect(event.latencyMs)
        break
      case 'set-wall':
        this.#clocks = { ...this.#clocks, wallAheadMs: event.aheadMs }
        break
      case 'clock':
        this.#moveClock(event)
        break
      case 'commit':
        this.daemon.commit(event.answer)
        break
      case 'checkpoint':
        this.daemon.checkpoint(event.isOldKept)
        break
      case 'crash':
        this.daemon.restart(event.isOldKept)
        this.#noteRestart()
        break
      default:
        event satisfies never
    }
  }

  /** Moves bytes behind both routers alike. */
  #move(shift: number, bytes: Bytes): void {
    for (const router of this.#routers)
      for (const service of SERVICES) router.services[service].move(shift, bytes)
  }

  #reboot(): void {
    this.#router.reboot(this.#nowMs)
    for (const service of SERVICES) this.truths[service].reboot(this.#router)
    this.#nowMs += REBOOT_MS
    this.#isConnected = false
  }

  #connect(latencyMs: number): void {
    this.#router.connect(this.#nowMs, latencyMs, this.#clocks)
    // Two connections in three number their rows, so that sessions also lose their numbers.
    this.daemon.connect(++this.#connections % 3 !== 0)
    this.#nowMs += latencyMs
    this.#isConnected = true
  }

  #poll({ services, trip, fate }: Poll): void {
    for (const service of services) {
      if (!this.#isConnected) this.#connect(trip.latencyMs)
      const sight = this.#router.read(service, this.#nowMs, trip, this.#clocks)
      this.#nowMs += trip.latencyMs
      if (this.daemon.read(sight.reading, fate)) {
        this.truths[service].see(sight)
        this.#router.wasRead(sight)
      }
      if (fate === 'killed once journaled' || fate === 'killed before') this.#noteRestart()
    }
  }

  /** An incomplete answer is not a reading, so the daemon gets nothing. */
  #fail(services: readonly SimulatedService[]): void {
    if (services.length > 0) this.#isConnected = false
  }

  /** Notes that a process's steady clock starts from the wall clock, which is right again. */
  #noteRestart(): void {
    this.#clocks = { ...this.#clocks, wallAheadMs: 0 }
    this.#isConnected = false
  }

  /** Moves the clock while sessions are quiet and nothing is untrue: nobody could see who came and went meanwhile. */
  #moveClock({ sleepMs, pauseMs, bytes, ...event }: ClockEvent): void {
    for (const router of this.#routers) for (const service of SERVICES) router.services[service].stopLying()
    this.#poll(PLAIN)
    const settingMs = this.history.hasSleeps ? -sleepMs : this.#settingOf(event)
    // If the router was swapped, a clock that is set would look like a reboot of the one that is away.
    const byMs = this.#hasSwapped ? 0 : settingMs
    this.#nowMs += this.history.hasSleeps ? pauseMs + sleepMs : pauseMs
    this.#move(0, bytes)
    if (!this.history.hasSleeps) {
      this.daemon.restart(true)
      this.#noteRestart()
    }
    this.#clocks = { ...this.#clocks, steadyAheadMs: this.#clocks.steadyAheadMs + byMs }
    this.#poll(PLAIN)
  }

  /** How far to set the clock: an amount that hides in the drift of a long uptime only if sessions reveal it. */
  #settingOf({ littleMs, muchMs, isLittle, isBack }: Omit<ClockEvent, 'sleepMs' | 'pauseMs' | 'bytes'>) {
    const youngestMs = Math.min(...this.#routers.map(it => it.youngestMs(this.#nowMs)))
    const canTell = youngestMs > littleMs + 10 * SECOND_MS
    const byMs = isLittle && canTell ? littleMs : Math.max(muchMs, 10 * MINUTE_MS)
    return isBack ? -byMs : byMs
  }
}
