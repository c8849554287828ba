import { randomInt } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Seats } from '../../runtime/capacity.ts'
import type { Clock } from '../../runtime/clock.ts'
import { perSecond, RateLimit } from '../../runtime/rate-limit.ts'
import type { Watcher } from '../channel.ts'
import type { CLOSE } from '../close-codes.ts'
import type { Hub } from '../hub.ts'
import type { FeedLimits } from '../limits.ts'
import { Outbox } from '../outbox.ts'
import type { Visit } from '../visit.ts'
import type { PusherApp } from './app.ts'
import { PUSHER_CODE, type PusherCode, type PusherFault } from './codes.ts'
import {
  errorFrame,
  establishedFrame,
  PING_FRAME,
  PONG_FRAME,
  type PusherInbound,
  readPusherMessage,
  refusedFrame,
  subscribedFrame,
} from './pusher-messages.ts'
import { type Subscription, Subscriptions } from './pusher-subscriptions.ts'

/** Shared by all Pusher clients, and with those of the feed's own protocol. */
export interface PusherClientOptions {
  readonly app: PusherApp
  readonly hub: Hub
  /** Counts connections by tenant. */
  readonly seats: Seats
  readonly limits: FeedLimits
  readonly clock: Clock
}

/** One text for both cases, so that nobody learns which tenants exist. */
const NOT_YOURS = 'there is no such channel, or it is not signed for this connection'

/**
 * One connection of a Pusher client. It belongs to no tenant: each channel has its own signature.
 *
 *     heard of ─ silent for pingEveryMs ─▶ pinged ─ silent for as long again ─▶ closed
 *         ▲───────── anything it sends ──────┘
 *     also closed if it has not subscribed in time, and when a signature of our endpoint has expired
 */
export class PusherClient {
  readonly #socket: WebSocket
  readonly #visit: Visit
  readonly #options: PusherClientOptions
  readonly #clock: Clock
  readonly #outbox: Outbox
  readonly #inbound: RateLimit
  /** Random, because anybody who guessed it could use the signatures of another connection. */
  readonly #socketId = `${randomInt(2 ** 47)}.${randomInt(2 ** 47)}`
  readonly #subscriptions = new Subscriptions()
  /** Channels that it has subscribed to, now or before. */
  readonly #known = new Set<string>()
  readonly #connectedAtMs: number
  #heardAtMs: number
  #pingedAtMs: number | undefined
  #isClosed = false

  /** @param stream the stream of `socket` */
  constructor(socket: WebSocket, stream: Duplex, visit: Visit, options: PusherClientOptions) {
    this.#socket = socket
    this.#visit = visit
    this.#options = options
    this.#clock = options.clock
    this.#outbox = new Outbox(socket, stream, options.clock)
    this.#connectedAtMs = options.clock.steadyMs()
    this.#heardAtMs = this.#connectedAtMs
    this.#inbound = new RateLimit(perSecond(options.limits.messagesPerSecond), this.#heardAtMs)
  }

  /** @param fault the reason to close it at once, if there is one */
  start(fault: PusherFault | undefined): void {
    this.#socket.on('message', (raw, isBinary) => this.#receive(raw, isBinary))
    this.#socket.on('ping', () => this.#hear({ kind: 'ping' }))
    this.#socket.on('pong', pong => this.#outbox.answered(pong))
    // The error is the client's fault (a broken frame, a reset), and `close` follows.
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#end())
    if (fault !== undefined) this.#refuse(fault)
    else this.#outbox.say(establishedFrame(this.#socketId, this.#options.limits.pingEveryMs / 1000))
  }

  close(code: PusherCode | typeof CLOSE.goingAway, reason: string): void {
    if (this.#isClosed) return
    this.#visit.ended(code)
    this.#end()
    this.#socket.close(code, reason)
  }

  /**
   * Closes the connection if its time is over, and pings it if it was silent. Called every second.
   * @param nowMs by the steady clock
   * @param wallMs by the wall clock, by which tokens expire
   */
  checkTime(nowMs: number, wallMs: number): void {
    if (this.#isClosed) return
    const { slowAfterMs, pingEveryMs, subscribeWithinMs } = this.#options.limits
    if (this.#subscriptions.hasExpired(wallMs)) {
      this.close(PUSHER_CODE.askAgain, 'the token has expired')
    } else if (this.#known.size === 0 && nowMs - this.#connectedAtMs >= subscribeWithinMs) {
      this.close(PUSHER_CODE.notSubscribed, 'no channel in time')
    } else if (this.#outbox.isTooSlow(nowMs, slowAfterMs)) {
      this.close(PUSHER_CODE.overCapacity, 'too slow')
    } else if (this.#pingedAtMs !== undefined) {
      if (nowMs - this.#pingedAtMs >= pingEveryMs) this.close(PUSHER_CODE.noPong, 'no pong in time')
    } else if (nowMs - this.#heardAtMs >= pingEveryMs) {
      this.#pingedAtMs = nowMs
      this.#outbox.put('ping', PING_FRAME)
    }
  }

  /** Closes clients with signatures of our endpoint: their tokens are unknown here, so they must ask it again. */
  rulesChanged(): void {
    if (!this.#subscriptions.areBackends) this.close(PUSHER_CODE.askAgain, 'have the channels signed again')
  }

  #receive(raw: RawData, isBinary: boolean): void {
    if (this.#isClosed) return
    const inbound = readPusherMessage(raw, isBinary)
    if (!this.#hear(inbound)) return
    switch (inbound.kind) {
      case 'ping':
        this.#outbox.put('pong', PONG_FRAME)
        break
      case 'pong':
        break
      case 'subscribe':
        this.#subscribe(inbound.channel, inbound.auth)
        break
      case 'unsubscribe':
        this.#unsubscribe(inbound.channel)
        break
      case 'wrong':
        this.#outbox.put('error', errorFrame(null, inbound.reason))
        break
      case 'malformed':
        this.#refuse({ code: PUSHER_CODE.badMessage, reason: inbound.reason })
        break
      default:
        inbound satisfies never
    }
  }

  /** Notes that the client is alive. @returns whether to handle the message; not if there are too many */
  #hear(inbound: PusherInbound): boolean {
    if (this.#isClosed) return false
    this.#heardAtMs = this.#clock.steadyMs()
    this.#pingedAtMs = undefined
    if (this.#isFree(inbound) || this.#inbound.take(this.#heardAtMs)) return true
    this.#visit.refused('too_many')
    this.close(PUSHER_CODE.overCapacity, 'too many messages')
    return false
  }

  /** A page with many tenants subscribes to all of them at once and leaves them at once, which is not counted. */
  #isFree(inbound: PusherInbound): boolean {
    switch (inbound.kind) {
      case 'subscribe':
        return (
          !this.#known.has(inbound.channel) && this.#admission(inbound.channel, inbound.auth) !== undefined
        )
      case 'unsubscribe':
        return this.#subscriptions.has(inbound.channel)
      default:
        return false
    }
  }

  /** For a client, an unknown tenant and a channel without a valid signature are the same. */
  #admission(channel: string, auth: string): Omit<Subscription, 'watcher'> | undefined {
    const { app, hub, clock } = this.#options
    const signature = app.signatureOf(this.#socketId, channel, auth)
    if (signature === undefined) return undefined
    const { expiresAt } = signature
    const tenant = hub.serves(app.tenantIn(channel) ?? '')
    if (tenant === undefined || (expiresAt !== undefined && expiresAt <= clock.now())) return undefined
    return { tenant, expiresAt }
  }

  #subscribe(channel: string, auth: string): void {
    const { hub, seats } = this.#options
    const admission = this.#admission(channel, auth)
    if (admission === undefined) {
      this.#refuseChannel(channel)
      return
    }
    const { tenant } = admission
    // A second subscription is answered like the first.
    this.#unsubscribe(channel)
    if (!seats.take(tenant)) {
      this.#visit.refused('too_many')
      this.#refuse({ code: PUSHER_CODE.overCapacity, reason: 'too many connections of the tenant' })
      return
    }
    const watcher: Watcher = {
      put: (_slot, frame) => this.#outbox.put(channel, frame),
      drop: () => this.#outbox.drop(channel),
      dismiss: () => {
        this.#unsubscribe(channel)
        this.#refuseChannel(channel)
      },
    }
    this.#visit.known()
    this.#known.add(channel)
    this.#subscriptions.add(channel, { ...admission, watcher })
    this.#outbox.put(`subscribed/${channel}`, subscribedFrame(channel))
    hub.join(watcher, { kind: 'stats', tenant })
  }

  #unsubscribe(channel: string): void {
    const subscription = this.#subscriptions.take(channel)
    if (subscription === undefined) return
    this.#options.hub.leave(subscription.watcher)
    this.#options.seats.release(subscription.tenant)
    this.#outbox.drop(channel)
  }

  /** Sends the reason as a message too, because not every client library shows close codes. */
  #refuse({ code, reason }: PusherFault): void {
    if (this.#isClosed) return
    this.#outbox.say(errorFrame(code, reason))
    this.close(code, reason)
  }

  /** One slot per kind of error, so that a client that does not read cannot fill the outbox. */
  #refuseChannel(channel: string): void {
    this.#visit.refused('forbidden')
    this.#outbox.put('refused', refusedFrame(channel, NOT_YOURS))
    this.#outbox.put('unauthorised', errorFrame(PUSHER_CODE.unauthorised, NOT_YOURS))
  }

  #end(): void {
    this.#isClosed = true
    for (const channel of this.#subscriptions.channels) this.#unsubscribe(channel)
    this.#outbox.clear()
  }
}
