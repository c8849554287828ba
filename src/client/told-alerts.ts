import type { AlertMessage } from './messages.ts'

/** Of each tenant, those that came last: many more than a server says again. */
const MOST = 1000

/** Which alerts were told, since a server says its newest ones again to whoever comes back. */
export class ToldAlerts {
  /** By tenant, and by alert: whether it was told as ended. */
  readonly #tenants = new Map<string, Map<string, boolean>>()

  /** Notes it. @returns whether it is news: not the same again, nor an end taken back by a server that lags behind */
  isNews({ tenant, alert: { id, fired_at, ended_at } }: AlertMessage): boolean {
    const told = this.#tenants.get(tenant) ?? new Map<string, boolean>()
    this.#tenants.set(tenant, told)
    // A database that was made anew counts from 1 again.
    const key = `${id}/${fired_at}`
    const hasEnded = told.get(key)
    if (hasEnded === true || (hasEnded === false && ended_at === null)) return false
    told.delete(key)
    told.set(key, ended_at !== null)
    for (const oldest of told.keys()) {
      if (told.size <= MOST) break
      told.delete(oldest)
    }
    return true
  }

  /** Whoever asks anew is told them again. @param tenant absent for all */
  forget(tenant: string | undefined): void {
    if (tenant === undefined) this.#tenants.clear()
    else this.#tenants.delete(tenant)
  }
}
