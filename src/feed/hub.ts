import type { AlertJson } from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'
import { Block } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import { SlicedWork } from '../runtime/sliced-work.ts'
import { type AlertSource, AlertTopic } from './alert-topic.ts'
import { Channel, type Sources, type Watcher } from './channel.ts'
import type { SnapshotSource } from './frames.ts'
import { SharedSnapshots } from './shared-snapshots.ts'
import { slicesOf } from './slices.ts'

/** What a watcher gets: all messages of a tenant, its stats only (Pusher), or those of all tenants. */
export type Scope =
  | { readonly kind: 'tenant' | 'stats'; readonly tenant: TenantId }
  | { readonly kind: 'all' }

interface Watch {
  readonly scope: Scope
  /** The tenants to whose `sessions` it has subscribed. */
  readonly sessions: Set<TenantId>
}

interface TenantChannels {
  readonly snapshot: Channel
  readonly sessions: Channel
  readonly stats: Channel
}

export interface HubOptions {
  readonly source: SnapshotSource
  readonly alerts: AlertSource
  readonly clock: Clock
  readonly intervalMs: number
}

/** A request within this time after another one gets the same frame. */
const FRESH_MS = 1000
const NOBODY: ReadonlySet<Watcher> = new Set()

/**
 * Knows who watches what, and publishes to them at each interval. Tenants are spread over the interval, so that the
 * work and the traffic are too.
 */
export class Hub {
  readonly #options: HubOptions
  readonly #clock: Clock
  readonly #sources: Sources
  readonly #channels = new Map<TenantId, TenantChannels>()
  readonly #watches = new Map<Watcher, Watch>()
  /** Watchers with scope `all`: they get the snapshots of every tenant. */
  readonly #ofAll = new Set<Watcher>()
  readonly #system: Channel
  readonly #alerts: AlertTopic
  /** Whether the source tells when to publish. */
  readonly #isTold: boolean

  constructor(options: HubOptions) {
    this.#options = options
    this.#clock = options.clock
    const { source, clock } = options
    this.#sources = { source: new SharedSnapshots(source), clock, work: new SlicedWork(clock) }
    this.#system = new Channel({ kind: 'system' }, this.#sources)
    this.#alerts = new AlertTopic(options.alerts)
    // A source that has its own moments says when there is something new of a tenant.
    this.#isTold = source.whenShown !== undefined
    source.whenShown?.(tenant => this.#publishTo(this.#channels.get(tenant)))
  }

  /** Publishes until the signal aborts, at start + n × interval. Turns that are missed are skipped. */
  async run(signal: AbortSignal): Promise<void> {
    const { intervalMs } = this.#options
    const startMs = this.#clock.steadyMs()
    let turn = 0
    while (!signal.aborted) {
      const elapsedMs = this.#clock.steadyMs() - startMs
      // A timer may fire slightly early, so the turn number must always grow.
      turn = Math.max(turn + 1, Math.floor(elapsedMs / intervalMs))
      await this.#takeTurn(startMs + turn * intervalMs, signal)
    }
  }

  tenants(scope: Scope): readonly TenantId[] {
    return scope.kind === 'all' ? this.#options.source.tenants() : [scope.tenant]
  }

  serves(tenant: string): TenantId | undefined {
    return this.#options.source.tenants().find(id => id === tenant)
  }

  /** Sends the watcher its snapshots at once, and at each interval until it leaves. */
  join(watcher: Watcher, scope: Scope): void {
    this.#watches.set(watcher, { scope, sessions: new Set() })
    if (scope.kind === 'all') this.#ofAll.add(watcher)
    else this.#ownChannel(scope).watchers.add(watcher)
    // The last message is reused until the next turn, so that a thousand clients that come back cost nothing.
    this.#showSnapshots(watcher, scope, this.#options.intervalMs)
  }

  leave(watcher: Watcher): void {
    const watch = this.#watches.get(watcher)
    if (watch === undefined) return
    this.#watches.delete(watcher)
    this.#ofAll.delete(watcher)
    this.#system.watchers.delete(watcher)
    this.#alerts.leave(watcher)
    if (watch.scope.kind !== 'all') this.#ownChannel(watch.scope).watchers.delete(watcher)
    for (const tenant of watch.sessions) this.#channelsOf(tenant).sessions.watchers.delete(watcher)
  }

  refresh(watcher: Watcher): void {
    const watch = this.#watches.get(watcher)
    if (watch === undefined) return
    this.#showSnapshots(watcher, watch.scope, FRESH_MS)
    for (const tenant of watch.sessions) this.#channelsOf(tenant).sessions.show(watcher, FRESH_MS, NOBODY)
    if (this.#system.watchers.has(watcher)) this.#system.show(watcher, FRESH_MS, NOBODY)
    this.#alerts.refresh(watcher)
  }

  subscribeSessions(watcher: Watcher, tenant: TenantId): void {
    const { sessions } = this.#channelsOf(tenant)
    this.#watches.get(watcher)?.sessions.add(tenant)
    sessions.watchers.add(watcher)
    sessions.show(watcher, FRESH_MS, NOBODY)
  }

  /** @param tenant `undefined`: all tenants */
  unsubscribeSessions(watcher: Watcher, tenant: TenantId | undefined): void {
    const subscribed = this.#watches.get(watcher)?.sessions ?? new Set<TenantId>()
    for (const it of tenant === undefined ? [...subscribed] : [tenant]) {
      const { sessions } = this.#channelsOf(it)
      subscribed.delete(it)
      sessions.watchers.delete(watcher)
      watcher.drop(sessions.slot)
    }
  }

  subscribeAlerts(watcher: Watcher, tenant: TenantId): void {
    this.#alerts.subscribe(watcher, tenant)
  }

  /** @param tenant `undefined`: all tenants */
  unsubscribeAlerts(watcher: Watcher, tenant: TenantId | undefined): void {
    this.#alerts.unsubscribe(watcher, tenant)
  }

  /** Sends an alert that fired or ended to its subscribers. The alert source already contains it. */
  publishAlert(tenant: TenantId, alert: AlertJson): void {
    this.#alerts.publish(tenant, alert)
  }

  subscribeSystem(watcher: Watcher): void {
    this.#system.watchers.add(watcher)
    this.#system.show(watcher, FRESH_MS, NOBODY)
  }

  unsubscribeSystem(watcher: Watcher): void {
    this.#system.watchers.delete(watcher)
    watcher.drop(this.#system.slot)
  }

  #showSnapshots(watcher: Watcher, scope: Scope, freshMs: number): void {
    if (scope.kind === 'stats') this.#ownChannel(scope).show(watcher, freshMs, NOBODY)
    else
      for (const tenant of this.tenants(scope))
        this.#channelsOf(tenant).snapshot.show(watcher, freshMs, this.#ofAll)
  }

  async #takeTurn(dueMs: number, signal: AbortSignal): Promise<void> {
    await this.#sleepUntil(dueMs, signal)
    if (signal.aborted) return
    const tenants = this.#options.source.tenants()
    this.#keepOnly(new Set(tenants))
    this.#system.publish(this.#clock.now(), NOBODY)
    if (this.#isTold) {
      await this.#touch(tenants, signal)
      return
    }
    for (const { afterMs, items } of slicesOf(tenants, this.#options.intervalMs)) {
      if (afterMs > 0) await this.#sleepUntil(dueMs + afterMs, signal)
      await this.#publish(items, signal)
    }
  }

  async #publish(tenants: readonly TenantId[], signal: AbortSignal): Promise<void> {
    const block = new Block(this.#clock)
    for (const tenant of tenants) {
      if (block.isTooLong) await block.pause()
      if (signal.aborted) return
      this.#publishTo(this.#channelsOf(tenant))
    }
  }

  /** Asks for the tenants that somebody watches, so that the source knows which. */
  async #touch(tenants: readonly TenantId[], signal: AbortSignal): Promise<void> {
    const block = new Block(this.#clock)
    for (const tenant of tenants) {
      if (block.isTooLong) await block.pause()
      if (signal.aborted) return
      const channels: readonly Channel[] = Object.values(this.#channelsOf(tenant))
      const isWatched = this.#ofAll.size > 0 || channels.some(it => it.watchers.size > 0)
      if (isWatched) this.#options.source.snapshot(tenant, this.#clock.now())
    }
  }

  /** @param channels `undefined` if nobody has asked for the tenant yet */
  #publishTo(channels: TenantChannels | undefined): void {
    // The same `Date` for all of them, so that the snapshot is made once.
    const now = this.#clock.now()
    channels?.snapshot.publish(now, this.#ofAll)
    channels?.stats.publish(now, NOBODY)
    channels?.sessions.publish(now, NOBODY)
  }

  #sleepUntil(atMs: number, signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(atMs - this.#clock.steadyMs(), signal)
  }

  /** Forgets removed tenants: dismisses their watchers, and ends subscriptions to their sessions. */
  #keepOnly(tenants: ReadonlySet<TenantId>): void {
    this.#alerts.keepOnly(tenants)
    for (const [tenant, { snapshot, sessions, stats }] of this.#channels) {
      if (tenants.has(tenant)) continue
      for (const watcher of [...snapshot.watchers, ...stats.watchers]) watcher.dismiss()
      for (const watcher of sessions.watchers) this.#watches.get(watcher)?.sessions.delete(tenant)
      // A message may still be under way.
      sessions.watchers.clear()
      this.#channels.delete(tenant)
    }
  }

  #ownChannel({ kind, tenant }: Exclude<Scope, { readonly kind: 'all' }>): Channel {
    const { snapshot, stats } = this.#channelsOf(tenant)
    return kind === 'stats' ? stats : snapshot
  }

  #channelsOf(tenant: TenantId): TenantChannels {
    const known = this.#channels.get(tenant)
    if (known) return known
    const channels = {
      snapshot: new Channel({ kind: 'snapshot', tenant }, this.#sources),
      sessions: new Channel({ kind: 'sessions', tenant }, this.#sources),
      stats: new Channel({ kind: 'stats', tenant }, this.#sources),
    }
    this.#channels.set(tenant, channels)
    return channels
  }
}
