import type { TenantId } from '../../accounting/ids.ts'
import type { Watcher } from '../channel.ts'

/** One channel of a connection, and who is shown what happens in it. */
export interface Subscription {
  readonly tenant: TenantId
  readonly watcher: Watcher
  /** `undefined`: a backend signed for it, and it ends with its connection. */
  readonly expiresAt: Date | undefined
}

/** A connection's subscriptions, by channel. */
export class Subscriptions {
  readonly #byChannel = new Map<string, Subscription>()
  /** No later than the first of them expires. */
  #expiresAtMs = Number.POSITIVE_INFINITY

  get channels(): readonly string[] {
    return [...this.#byChannel.keys()]
  }

  /** Whether there are some, and a backend signed for each of them. */
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

  /** @returns the one that was there */
  take(channel: string): Subscription | undefined {
    const subscription = this.#byChannel.get(channel)
    this.#byChannel.delete(channel)
    return subscription
  }

  /** @param wallMs by the wall clock, which tokens expire by */
  hasExpired(wallMs: number): boolean {
    if (wallMs < this.#expiresAtMs) return false
    // The one that expires now may have been taken away.
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
