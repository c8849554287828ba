import type { AlertJson, TenantAlert } from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'

/** How many alerts a new subscriber of the feed gets. */
export const RECENT_ALERTS = 20

/** The newest alerts of each tenant, as of the last read of the table. */
export class AlertBoard {
  readonly #tenants = new Map<TenantId, readonly AlertJson[]>()

  /** Oldest first. */
  recent(tenant: TenantId): readonly AlertJson[] {
    return this.#tenants.get(tenant) ?? []
  }

  has(tenant: TenantId): boolean {
    return this.#tenants.has(tenant)
  }

  /** Sets the alerts of a new tenant. */
  begin(tenant: TenantId, alerts: readonly AlertJson[]): void {
    this.#tenants.set(tenant, newest(alerts))
  }

  /** Removes all other tenants. */
  keepOnly(tenants: ReadonlySet<TenantId>): void {
    for (const tenant of this.#tenants.keys()) if (!tenants.has(tenant)) this.#tenants.delete(tenant)
  }

  /** Adds a new alert, or replaces one that has ended. */
  put({ tenant, alert }: TenantAlert): void {
    const others = this.recent(tenant).filter(it => it.id !== alert.id)
    this.#tenants.set(tenant, newest([...others, alert]))
  }
}

function newest(alerts: readonly AlertJson[]): readonly AlertJson[] {
  return [...alerts].sort((a, b) => a.id - b.id).slice(-RECENT_ALERTS)
}
