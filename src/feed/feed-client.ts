import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Grant, Refusal, TokenVerifier } from '../auth/bearer.ts'
import type { Seats } from '../runtime/capacity.ts'
import type { Clock } from '../runtime/clock.ts'
import { perSecond, RateLimit } from '../runtime/rate-limit.ts'
import type { Watcher } from './channel.ts'
import { type ClientState, seatOf } from './client-state.ts'
import { CLOSE, type CloseCode } from './close-codes.ts'
import { encode, readMessage } from './feed-messages.ts'
import type { Hub, Scope } from './hub.ts'
import type { FeedLimits } from './limits.ts'
import { Outbox } from './outbox.ts'
import { closing, DONE, type RequestOutcome } from './request-outcome.ts'
import { fulfil } from './requests.ts'
import type { Visit } from './visit.ts'

/** Shared by all clients. */
export interface FeedClientOptions {
  readonly verifier: TokenVerifier
  readonly hub: Hub
  /** Counts connections by tenant. */
  readonly seats: Seats
  readonly limits: FeedLimits
  readonly intervalMs: number
  readonly serverVersion: string
  readonly clock: Clock
}

/** One connection: who it is, what it requests, and when it has to end. */
export class FeedClient implements Watcher {
  readonly #socket: WebSocket
  readonly #visit: Visit
  readonly #options: FeedClientOptions
  readonly #clock: Clock
  readonly #outbox: Outbox
  readonly #inbound: RateLimit
  readonly #refreshes: RateLimit
  #state: ClientState
  #pingedAtMs: number
  #isPingAnswered = true
  #seat: string | undefined
  /** Messages are handled one after the other, so messages after a token wait until it is verified. */
  #work: Promise<void> = Promise.resolve()

  /** @param stream the stream of `socket` */
  constructor(socket: WebSocket, stream: Duplex, visit: Visit, options: FeedClientOptions) {
    const nowMs = options.clock.steadyMs()
    this.#options = options
    this.#socket = socket
    this.#visit = visit
    this.#clock = options.clock
    this.#outbox = new Outbox(socket, stream, options.clock)
    this.#inbound = new RateLimit(perSecond(options.limits.messagesPerSecond), nowMs)
    this.#refreshes = new RateLimit(perSecond(1), nowMs)
    this.#state = { kind: 'anonymous', deadlineMs: nowMs + options.limits.tokenWithinMs }
    this.#pingedAtMs = nowMs
  }

  /** @param token the token of the handshake, if there was one */
  start(token: string | undefined): void {
    this.#socket.on('message', (raw, isBinary) => this.#enqueue(() => this.#receive(raw, isBinary)))
    this.#socket.on('ping', () => this.#enqueue(async () => DONE))
    this.#socket.on('pong', pong => {
      this.#isPingAnswered = true
      this.#outbox.answered(pong)
    })
    // The error is the client's fault (a broken frame, a reset), and `close` follows.
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#end())
    if (token !== undefined) this.#enqueue(() => this.#authenticate(token))
  }

  put(slot: string, frame: Buffer): void {
    this.#outbox.put(slot, frame)
  }

  drop(slot: string): void {
    this.#outbox.drop(slot)
  }

  dismiss(): void {
    this.close(CLOSE.notYours, 'the tenant is not served here')
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state.kind === 'closed') return
    this.#visit.ended(code)
    this.#end()
    this.#socket.close(code, reason)
  }

  /**
   * Closes the connection if its time is over, and pings it when that is due. Called every second.
   * @param nowMs by the steady clock
   * @param wallMs by the wall clock, by which tokens expire
   */
  checkTime(nowMs: number, wallMs: number): void {
    if (this.#state.kind === 'closed') return
    const outcome = this.#overdue(nowMs, wallMs)
    if (outcome.kind !== 'done') {
      this.#apply(outcome)
    } else if (nowMs - this.#pingedAtMs >= this.#options.limits.pingEveryMs) {
      this.#pingOrTerminate(nowMs)
    }
  }

  /** Verifies the token again with the new rules. Messages that arrive meanwhile do not wait for that. */
  async rulesChanged(): Promise<void> {
    const before = this.#state
    if (before.kind !== 'authenticated') return
    const { token, grant } = before
    const verdict = await this.#options.verifier.verify(token)
    // A token that was renewed meanwhile has been verified with the new rules already.
    if (this.#state === before) this.#apply(this.#judge(verdict, token, grant))
  }

  #overdue(nowMs: number, wallMs: number): RequestOutcome {
    const state = this.#state
    if (state.kind === 'anonymous' && nowMs >= state.deadlineMs) {
      return closing(CLOSE.noTokenInTime, 'no token in time')
    }
    if (state.kind === 'authenticated' && wallMs >= state.grant.expiresAt.getTime()) {
      return closing(CLOSE.badToken, 'the token has expired')
    }
    const isTooSlow = this.#outbox.isTooSlow(nowMs, this.#options.limits.slowAfterMs)
    return isTooSlow ? closing(CLOSE.tooSlow, 'too slow') : DONE
  }

  #pingOrTerminate(nowMs: number): void {
    if (this.#isPingAnswered) {
      this.#pingedAtMs = nowMs
      this.#isPingAnswered = false
      this.#outbox.ping()
    } else {
      // A close frame would never be read.
      this.#socket.terminate()
    }
  }

  #enqueue(handle: () => Promise<RequestOutcome>): void {
    if (this.#state.kind === 'closed') return
    if (this.#inbound.take(this.#clock.steadyMs())) {
      this.#work = this.#work.then(handle).then(outcome => this.#apply(outcome))
    } else {
      this.close(CLOSE.tooMany, 'too many messages')
    }
  }

  #apply(outcome: RequestOutcome): void {
    switch (outcome.kind) {
      case 'done':
        break
      case 'error':
        // One slot per kind of error, so that a client that does not read cannot fill the outbox.
        if (this.#state.kind !== 'closed') {
          this.put(
            `error/${outcome.code}`,
            encode({ type: 'error', code: outcome.code, message: outcome.message }),
          )
        }
        break
      case 'close':
        this.close(outcome.code, outcome.reason)
        break
      default:
        outcome satisfies never
    }
  }

  async #receive(raw: RawData, isBinary: boolean): Promise<RequestOutcome> {
    if (this.#state.kind === 'closed') return DONE
    const inbound = readMessage(raw, isBinary)
    if (inbound.kind === 'malformed') {
      this.#outbox.say(encode({ type: 'error', code: 'bad_message', message: inbound.reason }))
      return closing(CLOSE.badMessage, 'bad message')
    }
    const { message } = inbound
    if (message.type === 'auth') return this.#authenticate(message.token)
    if (this.#state.kind !== 'authenticated') return closing(CLOSE.badToken, 'a token must come first')
    const mayRefresh = () => this.#refreshes.take(this.#clock.steadyMs())
    return fulfil(message, this.#state.grant, this, this.#options.hub, mayRefresh)
  }

  async #authenticate(token: string): Promise<RequestOutcome> {
    if (this.#state.kind === 'closed') return DONE
    const known = this.#state.kind === 'authenticated' ? this.#state.grant : undefined
    if (known === undefined) this.#state = { kind: 'verifying' }
    const verdict = await this.#options.verifier.verify(token)
    return this.#isClosed() ? DONE : this.#judge(verdict, token, known)
  }

  /** @param known the grant of the previous token */
  #judge(verdict: Grant | Refusal, token: string, known: Grant | undefined): RequestOutcome {
    switch (verdict.kind) {
      case 'refused':
        return this.#visit.failed(verdict.reason)
      case 'unverifiable':
        return closing(CLOSE.tryAgainLater, verdict.reason)
      case 'tenant':
      case 'admin':
        return known === undefined ? this.#enter(verdict, token) : this.#renew(known, verdict, token)
      default:
        return verdict satisfies never
    }
  }

  #renew(known: Grant, grant: Grant, token: string): RequestOutcome {
    if (seatOf(known) !== seatOf(grant)) return closing(CLOSE.notYours, 'the token is for another tenant')
    this.#state = { kind: 'authenticated', grant, token }
    return DONE
  }

  #enter(grant: Grant, token: string): RequestOutcome {
    const { hub, seats, intervalMs, serverVersion } = this.#options
    if (grant.kind === 'tenant' && hub.serves(grant.tenant) === undefined) {
      return closing(CLOSE.notYours, 'the tenant is not served here')
    }
    const seat = seatOf(grant)
    if (!seats.take(seat)) return closing(CLOSE.tooMany, 'too many connections of the tenant')
    this.#seat = seat
    this.#visit.known()
    this.#state = { kind: 'authenticated', grant, token }
    const scope: Scope = grant.kind === 'admin' ? { kind: 'all' } : grant
    const tenants = hub.tenants(scope)
    const terms = { interval_ms: intervalMs, server_version: serverVersion }
    this.put('welcome', encode({ type: 'welcome', role: grant.kind, tenants, ...terms }))
    hub.join(this, scope)
    return DONE
  }

  /** A method, because the compiler would keep its narrowing of the state across an await. */
  #isClosed(): boolean {
    return this.#state.kind === 'closed'
  }

  #end(): void {
    this.#state = { kind: 'closed' }
    this.#outbox.clear()
    this.#options.hub.leave(this)
    if (this.#seat !== undefined) this.#options.seats.release(this.#seat)
    this.#seat = undefined
  }
}
