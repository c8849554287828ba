import { setTimeout as sleep } from 'node:timers/promises'
import { NO_BYTES } from '../../../src/accounting/bytes.ts'
import { Clients } from './clients.ts'
import { Commands } from './commands.ts'
import { type Cut, type Ending, type Failure, Faults } from './faults.ts'
import { Lies } from './lies.ts'
import { Listener } from './listener.ts'
import type { RouterUser } from './login.ts'
import { menusOf } from './menus.ts'
import type { PppInterface } from './ppp-interface.ts'
import type { Request } from './request.ts'
import { DEFAULTS, type RouterOptions } from './router-options.ts'
import type { SessionLogin, SimulatedSession } from './session.ts'
import { type BindingSpec, Sessions } from './sessions.ts'
import { type CarriedReading, type SessionTruth, Truth } from './truth.ts'

/**
 * A router that speaks the RouterOS API on a real port. It does what a test asks, including wrong things, and knows to
 * the byte what its whole replies carried. A fault lasts until `recover`.
 */
export class SimulatedRouter {
  /** The lies about its sessions. */
  readonly lies = new Lies()
  readonly faults = new Faults()
  readonly options: RouterOptions
  readonly #sessions: Sessions
  readonly #truth: Truth
  readonly #listener: Listener
  readonly #clients: Clients
  readonly #users: RouterUser[]
  readonly #commands = new Commands()
  #bootedAtMs: number
  #logins = 0
  #isUp = true
  #stopped = new AbortController()

  constructor(options: Partial<RouterOptions>) {
    this.options = { ...DEFAULTS, ...options }
    const { now, version, host, port, tls, users, hasOldLogin, isInterleaving, uptimeMs } = this.options
    this.#bootedAtMs = now() - uptimeMs
    this.#users = [...users]
    this.#sessions = new Sessions({ now, isVersion6: version === '6.49' })
    this.#truth = new Truth(now, this.options.isSpare)
    this.#truth.onReading(reading => this.lies.note(reading))
    const served = {
      ...{ version, users: this.#users, isOldStyle: hasOldLogin, isInterleaving },
      faults: this.faults,
      sessions: this.#sessions,
      menus: menusOf(this.options, {
        ...{ sessions: this.#sessions, faults: this.faults, lies: this.lies },
        uptimeMs: () => now() - this.#bootedAtMs,
      }),
      onCommand: (request: Request) => this.#commands.note(request),
      onLogin: () => {
        this.#logins++
      },
    }
    this.#clients = new Clients({ served, truth: this.#truth, tls })
    this.#listener = new Listener({ host, port, onSocket: socket => this.#clients.accept(socket) })
  }

  get host(): string {
    return this.options.host
  }

  /** The port it listens on or listened on last; 0 before the first start. */
  get port(): number {
    return this.#listener.port
  }

  get identity(): string {
    return this.options.identity
  }

  get hasTls(): boolean {
    return this.options.tls !== undefined
  }

  /** Its clock, which the times of its truth use. */
  now(): number {
    return this.options.now()
  }

  get sessions(): Sessions {
    return this.#sessions
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#clients.count
  }

  get logins(): number {
    return this.#logins
  }

  /** Whether it is started and not booting: only then it has sessions and logins. */
  get isUp(): boolean {
    return this.#isUp && !this.#stopped.signal.aborted
  }

  async start(): Promise<void> {
    this.#stopped = new AbortController()
    await this.#listener.open()
  }

  /** Another router that can replace it: stopped, without sessions, at the same address. */
  spare(options: Partial<RouterOptions>): SimulatedRouter {
    return new SimulatedRouter({ ...this.options, port: this.port, isSpare: true, ...options })
  }

  /** Keeps its sessions, which run on, as if its network was gone; started again, it has the same port. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#listener.close()
    this.#clients.destroy()
  }

  // Who is there

  login(login: SessionLogin): SimulatedSession {
    return this.#sessions.login(login)
  }

  logout(session: SimulatedSession): void {
    this.#sessions.logout(session)
  }

  addBinding(spec: BindingSpec): PppInterface {
    return this.#sessions.addBinding(spec)
  }

  /** Changes the password of one of its users; open connections stay. */
  changePassword(name: string, password: string): void {
    const at = this.#users.findIndex(user => user.name === name)
    const user = this.#users[at]
    if (user) this.#users[at] = { ...user, password }
  }

  /** Runs `/interface/reset-counters` for the session's interface or for a binding; uptimes run on. */
  resetCounters({ meter }: SimulatedSession | PppInterface): void {
    meter.set(NO_BYTES, this.options.now())
  }

  /**
   * Ends all sessions, sets every counter to 0, restarts the uptime and aborts connections. Resolves when the router is
   * up again.
   * @param how logins to refuse after that, as routers do while they start
   */
  async reboot(how: { downForMs: number; loginsToRefuse?: number }): Promise<void> {
    this.#isUp = false
    this.#listener.close()
    await this.#clients.end('rst')
    this.#sessions.reboot()
    this.#truth.rebooted()
    if (how.downForMs > 0) await this.#pause(how.downForMs)
    this.#bootedAtMs = this.options.now()
    this.faults.loginsToRefuse = how.loginsToRefuse ?? 0
    this.#isUp = true
    if (this.isUp) await this.#listener.open()
  }

  async #pause(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#stopped.signal })
    } catch {
      // It was stopped while it was down.
    }
  }

  // What is wrong

  /** Ends all connections; replies that were handed over whole still arrive. */
  async drop(by: Ending): Promise<void> {
    await this.#clients.end(by)
  }

  /** Silent: reads and never answers. Deaf: accepts, and not even TLS gets an answer. */
  hang(how: 'silent' | 'deaf' = 'silent'): void {
    this.faults.hang = how
    if (how === 'deaf') this.#clients.pause()
  }

  /** Refuses new connections; existing ones stay. */
  refuse(): void {
    this.#listener.close()
  }

  cutNextReply(cut: Cut): void {
    this.faults.cutNext(cut)
  }

  /** Sends each byte in its own packet, `msPerByte` apart; 0 waits for a turn of the event loop. */
  trickle(msPerByte = 0): void {
    this.faults.trickleMs = msPerByte
  }

  deny(): void {
    this.faults.isDenying = true
  }

  failNext(failure: Failure): void {
    this.faults.failNext(failure)
  }

  /** Adds unknown reply words, replies with an unknown tag, and rows without words. */
  addJunk(): void {
    this.faults.hasJunk = true
  }

  fatal(reason: string): void {
    this.#clients.fatal(reason)
  }

  /** Ends all faults. Requests that wait because of a hang are cut off, or answered now if `answersLate`. */
  async recover(how: { answersLate: boolean } = { answersLate: false }): Promise<void> {
    const hung = this.faults.hang !== 'none'
    this.faults.clear()
    if (hung) await this.#clients.resume(how)
    if (this.isUp) await this.#listener.open()
  }

  // What came of it

  /** All sessions that ever existed. */
  truth(): readonly SessionTruth[] {
    return Array.from(this.#sessions.all(), session => this.#truth.of(session))
  }

  truthOf(session: SimulatedSession): SessionTruth {
    return this.#truth.of(session)
  }

  /** @returns a function that removes the listener */
  onReading(listener: (reading: CarriedReading) => void): () => void {
    return this.#truth.onReading(listener)
  }

  /** How often a command such as `/ppp/active/print` was received. */
  received(path: string): number {
    return this.#commands.received(path)
  }

  /** Resolves when the command is received the next time. */
  nextCommand(path: string): Promise<void> {
    return this.#commands.next(path)
  }
}
