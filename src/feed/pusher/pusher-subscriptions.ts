import type { TenantId } from '../../accounting/ids.ts'
import type { Watcher } from '../channel.ts'

/** A channel to which a connection has subscribed. */
export interface Subscription {
  readonly tenant: TenantId
  readonly watcher: Watcher
  /** `undefined`: signed by a backend, and ends with its connection. */
  readonly expiresAt: Date | undefined
}

/** A connection's subscriptions, by channel. */
export class Subscriptions {
  readonly #byChannel = new Map<string, Subscription>()
  /** At or before the earliest expiry. */
  #expiresAtMs = Number.POSITIVE_INFINITY

  get channels(): readonly string[] {
    return [...this.#byChannel.keys()]
  }

  /** Whether there are subscriptions and all of them were signed by a backend. */
  get areBackends(): boolean {
    return this.#byChannel.size > 0 && this.#all().every(it => it.expiresAt === undefined)
  }

  has(channel: string): boolean {
    return this.#byChannel.has(channel)
  }

  add(channel: string, subscription: Subscription): void {
    this.#byChannel.set(channel, subscription)
    this.#expireAt(subscription)
  }

  /** Removes a subscription. @returns it */
  take(channel: string): Subscription | undefined {
    const subscription = this.#byChannel.get(channel)
    this.#byChannel.delete(channel)
    return subscription
  }

  /** @param wallMs by the wall clock, by which tokens expire */
  hasExpired(wallMs: number): boolean {
    if (wallMs < this.#expiresAtMs) return false
    // The subscription that would expire now may have been removed.
    this.#expiresAtMs = Number.POSITIVE_INFINITY
    for (const subscription of this.#all()) this.#expireAt(subscription)
    return wallMs >= this.#expiresAtMs
  }

  #all(): readonly Subscription[] {
    return [...this.#byChannel.values()]
  }

  #expireAt({ expiresAt }: Subscription): void {
    if (expiresAt !== undefined) this.#expiresAtMs = Math.min(this.#expiresAtMs, expiresAt.getTime())
  }
}
