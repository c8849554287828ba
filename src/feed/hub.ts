import type { TenantId } from '../accounting/ids.ts'
import type { Clock } from '../runtime/clock.ts'
import { Frames, type SnapshotSource, slotOf, type Topic } from './frames.ts'

/** A port: one who is shown the numbers. */
export interface Watcher {
  /** Takes the newest frame of a slot, in place of an older one still waiting there. */
  put(slot: string, frame: Buffer): void
  drop(slot: string): void
  /** Its tenant has left the config. */
  dismiss(): void
}

/** Whose snapshots a watcher gets. */
export type Scope = { readonly kind: 'tenant'; readonly tenant: TenantId } | { readonly kind: 'all' }

interface Watch {
  readonly scope: Scope
  /** The tenants whose `sessions` it asked for. */
  readonly sessions: Set<TenantId>
}

/** Who joins or asks within this time of another gets the same frame: a thousand clients coming back cost one. */
const FRESH_MS = 1000

/** Who watches what, and the loop that shows it to them, each tenant encoded once a turn and only where someone watches. */
export class Hub {
  readonly #source: SnapshotSource
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #frames: Frames
  readonly #watches = new Map<Watcher, Watch>()

  constructor(options: {
    readonly source: SnapshotSource
    readonly clock: Clock
    readonly intervalMs: number
  }) {
    this.#source = options.source
    this.#clock = options.clock
    this.#intervalMs = options.intervalMs
    this.#frames = new Frames(options.source, options.clock)
  }

  /** Publishes each interval until the signal aborts. Turns stay on start + n × interval; those missed are left out. */
  async run(signal: AbortSignal): Promise<void> {
    const startMs = this.#clock.steadyMs()
    let turn = 0
    while (!signal.aborted) {
      const elapsedMs = this.#clock.steadyMs() - startMs
      // A timer may fire a little early: the turn after this one is never this one again.
      turn = Math.max(turn + 1, Math.floor(elapsedMs / this.#intervalMs) + 1)
      await this.#clock.sleep(turn * this.#intervalMs - elapsedMs, signal)
      if (!signal.aborted) this.#publish()
    }
  }

  tenants(scope: Scope): readonly TenantId[] {
    return scope.kind === 'all' ? this.#source.tenants() : [scope.tenant]
  }

  serves(tenant: string): TenantId | undefined {
    return this.#source.tenants().find(id => id === tenant)
  }

  /** Shows the watcher its snapshots at once, and each interval until it leaves. */
  join(watcher: Watcher, scope: Scope): void {
    this.#watches.set(watcher, { scope, sessions: new Set() })
    this.refresh(watcher)
  }

  leave(watcher: Watcher): void {
    this.#watches.delete(watcher)
  }

  refresh(watcher: Watcher): void {
    const watch = this.#watches.get(watcher)
    if (watch === undefined) return
    const sinceMs = this.#clock.steadyMs() - FRESH_MS
    for (const tenant of this.tenants(watch.scope)) this.#show(watcher, 'snapshot', tenant, sinceMs)
    for (const tenant of watch.sessions) this.#show(watcher, 'sessions', tenant, sinceMs)
  }

  subscribeSessions(watcher: Watcher, tenant: TenantId): void {
    this.#watches.get(watcher)?.sessions.add(tenant)
    this.#show(watcher, 'sessions', tenant, this.#clock.steadyMs() - FRESH_MS)
  }

  /** `undefined`: of every tenant. */
  unsubscribeSessions(watcher: Watcher, tenant: TenantId | undefined): void {
    const sessions = this.#watches.get(watcher)?.sessions ?? new Set<TenantId>()
    for (const subscribed of tenant === undefined ? [...sessions] : [tenant]) {
      sessions.delete(subscribed)
      watcher.drop(slotOf('sessions', subscribed))
    }
  }

  #publish(): void {
    const sinceMs = this.#clock.steadyMs()
    const tenants = new Set(this.#source.tenants())
    for (const [watcher, { scope, sessions }] of this.#watches) {
      if (scope.kind === 'tenant' && !tenants.has(scope.tenant)) {
        watcher.dismiss()
        continue
      }
      for (const tenant of scope.kind === 'all' ? tenants : [scope.tenant]) {
        this.#show(watcher, 'snapshot', tenant, sinceMs)
      }
      for (const tenant of sessions) {
        if (tenants.has(tenant)) this.#show(watcher, 'sessions', tenant, sinceMs)
        else sessions.delete(tenant)
      }
    }
  }

  #show(watcher: Watcher, topic: Topic, tenant: TenantId, sinceMs: number): void {
    const frame = this.#frames.frame(topic, tenant, sinceMs)
    if (frame !== undefined) watcher.put(slotOf(topic, tenant), frame)
  }
}
