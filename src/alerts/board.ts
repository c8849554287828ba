import type { AlertJson, TenantAlert } from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'

/** As many as whoever begins to look is shown. */
export const RECENT_ALERTS = 20

/** The newest alerts of each tenant, as the table had them last. */
export class AlertBoard {
  readonly #tenants = new Map<TenantId, readonly AlertJson[]>()

  /** Oldest first. */
  recent(tenant: TenantId): readonly AlertJson[] {
    return this.#tenants.get(tenant) ?? []
  }

  has(tenant: TenantId): boolean {
    return this.#tenants.has(tenant)
  }

  /** Begins with what a tenant has. */
  begin(tenant: TenantId, alerts: readonly AlertJson[]): void {
    this.#tenants.set(tenant, newest(alerts))
  }

  /** Forgets those tenants that are not among these. */
  keepOnly(tenants: ReadonlySet<TenantId>): void {
    for (const tenant of this.#tenants.keys()) if (!tenants.has(tenant)) this.#tenants.delete(tenant)
  }

  /** A new one, or one that has ended since. */
  put({ tenant, alert }: TenantAlert): void {
    const others = this.recent(tenant).filter(it => it.id !== alert.id)
    this.#tenants.set(tenant, newest([...others, alert]))
  }
}

function newest(alerts: readonly AlertJson[]): readonly AlertJson[] {
  return [...alerts].sort((a, b) => a.id - b.id).slice(-RECENT_ALERTS)
}
