import type { Bytes } from '../../../src/accounting/bytes.ts'
import { SERVICES, type SimulatedService } from '../../harness/services.ts'
import { Daemon } from './daemon.ts'
import { type Event, type History, MINUTE_MS, SECOND_MS } from './history.ts'
import { type Clocks, TrueRouter } from './true-router.ts'
import { Truth } from './truth.ts'

type ClockEvent = Extract<Event, { kind: 'clock' }>
type Poll = Extract<Event, { kind: 'poll' }>

/** Until a router that reboots answers again. */
const REBOOT_MS = 20 * SECOND_MS

/** A poll of which nothing is to be said. */
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
    // What is suspected is decided by what the next readings show.
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
        for (const service of SERVICES) this.#router.services[service].tellTheTruth()
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

  /** Who is behind the other router moves as much. */
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
    // Most rows are numbered, and by another connection for the same sessions sometimes not.
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

  /** No complete answer is no reading: there is nothing to be told to the daemon. */
  #fail(services: readonly SimulatedService[]): void {
    if (services.length > 0) this.#isConnected = false
  }

  /** A process's steady clock begins with the wall's, which is set right again. */
  #noteRestart(): void {
    this.#clocks = { ...this.#clocks, wallAheadMs: 0 }
    this.#isConnected = false
  }

  /** Quiet from reading to reading, and no lie: who came and went while a clock was set, nobody could tell. */
  #moveClock({ sleepMs, pauseMs, bytes, ...event }: ClockEvent): void {
    for (const router of this.#routers)
      for (const service of SERVICES) router.services[service].tellTheTruth()
    this.#poll(PLAIN)
    const settingMs = this.history.hasSleeps ? -sleepMs : this.#settingOf(event)
    // A clock that is set tells of a reboot, of a router that is away.
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

  /** By what hides in the drift of a long uptime, only where sessions can tell. */
  #settingOf({ littleMs, muchMs, isLittle, isBack }: Omit<ClockEvent, 'sleepMs' | 'pauseMs' | 'bytes'>) {
    const youngestMs = Math.min(...this.#routers.map(it => it.youngestMs(this.#nowMs)))
    const canTell = youngestMs > littleMs + 10 * SECOND_MS
    const byMs = isLittle && canTell ? littleMs : Math.max(muchMs, 10 * MINUTE_MS)
    return isBack ? -byMs : byMs
  }
}
