import type { AlertJson } from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'
import { AlertRing } from './alert-ring.ts'
import type { Watcher } from './channel.ts'

/** The tenants' newest alerts. */
export interface AlertSource {
  /** At most twenty, oldest first. */
  recent(tenant: TenantId): readonly AlertJson[]
}

interface Audience {
  readonly ring: AlertRing
  readonly watchers: Set<Watcher>
}

/** The subscribers of tenants' alerts. Each gets the newest alerts, and then each alert as it fires or ends. */
export class AlertTopic {
  readonly #source: AlertSource
  readonly #audiences = new Map<TenantId, Audience>()
  /** The tenants to which each watcher has subscribed. */
  readonly #tenants = new Map<Watcher, Set<TenantId>>()

  constructor(source: AlertSource) {
    this.#source = source
  }

  subscribe(watcher: Watcher, tenant: TenantId): void {
    const audience = this.#audiences.get(tenant) ?? { ring: new AlertRing(tenant), watchers: new Set() }
    this.#audiences.set(tenant, audience)
    audience.watchers.add(watcher)
    this.#tenants.set(watcher, (this.#tenants.get(watcher) ?? new Set()).add(tenant))
    this.#showRecent(watcher, tenant)
  }

  /** @param tenant `undefined`: all tenants */
  unsubscribe(watcher: Watcher, tenant: TenantId | undefined): void {
    const subscribed = this.#tenants.get(watcher) ?? new Set<TenantId>()
    for (const it of tenant === undefined ? [...subscribed] : [tenant]) {
      subscribed.delete(it)
      const audience = this.#audiences.get(it)
      audience?.watchers.delete(watcher)
      for (const slot of audience?.ring.slots() ?? []) watcher.drop(slot)
    }
    if (subscribed.size === 0) this.#tenants.delete(watcher)
  }

  leave(watcher: Watcher): void {
    for (const tenant of this.#tenants.get(watcher) ?? [])
      this.#audiences.get(tenant)?.watchers.delete(watcher)
    this.#tenants.delete(watcher)
  }

  refresh(watcher: Watcher): void {
    for (const tenant of this.#tenants.get(watcher) ?? []) this.#showRecent(watcher, tenant)
  }

  publish(tenant: TenantId, alert: AlertJson): void {
    const audience = this.#audiences.get(tenant)
    if (audience === undefined || audience.watchers.size === 0) return
    const { slot, frame } = audience.ring.post(alert)
    for (const watcher of audience.watchers) watcher.put(slot, frame)
  }

  /** Ends the subscriptions to all other tenants. */
  keepOnly(tenants: ReadonlySet<TenantId>): void {
    for (const [tenant, { watchers }] of this.#audiences) {
      if (tenants.has(tenant)) continue
      for (const watcher of watchers) this.#tenants.get(watcher)?.delete(tenant)
      this.#audiences.delete(tenant)
    }
  }

  #showRecent(watcher: Watcher, tenant: TenantId): void {
    const ring = this.#audiences.get(tenant)?.ring
    if (ring === undefined) return
    for (const alert of this.#source.recent(tenant)) {
      const { slot, frame } = ring.post(alert)
      watcher.put(slot, frame)
    }
  }
}
