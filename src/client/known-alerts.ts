import type { AlertMessage } from './messages.ts'

/** How many alerts are remembered per tenant, the newest ones: many more than a server sends again. */
const MOST = 1000

/** Remembers which alerts were emitted, because a server sends its newest ones again after a reconnect. */
export class KnownAlerts {
  /** By tenant and alert: whether it was emitted as ended. */
  readonly #tenants = new Map<string, Map<string, boolean>>()

  /** Records it. @returns whether it is new: neither a repetition, nor an end revoked by a server that lags behind */
  isNews({ tenant, alert: { id, fired_at, ended_at } }: AlertMessage): boolean {
    const known = this.#tenants.get(tenant) ?? new Map<string, boolean>()
    this.#tenants.set(tenant, known)
    // A new database numbers its alerts from 1 again.
    const key = `${id}/${fired_at}`
    const hasEnded = known.get(key)
    if (hasEnded === true || (hasEnded === false && ended_at === null)) return false
    known.delete(key)
    known.set(key, ended_at !== null)
    for (const oldest of known.keys()) {
      if (known.size <= MOST) break
      known.delete(oldest)
    }
    return true
  }

  /** Forgets alerts, so that a new subscriber gets them again. @param tenant `undefined`: all tenants */
  forget(tenant: string | undefined): void {
    if (tenant === undefined) this.#tenants.clear()
    else this.#tenants.delete(tenant)
  }
}
