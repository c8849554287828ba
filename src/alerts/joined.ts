import type { TenantAlert } from '../accounting/alert.ts'
import { type RouterKey, routerId, routerKey } from '../accounting/ids.ts'
import type { Logger } from '../runtime/logger.ts'

/** Counts alerts that are not reported one by one. */
export interface JoinedObserver {
  /** Called for alerts of this daemon and of others. */
  alertsJoined(count: number): void
}

/** Logs once for each router that has more alerts a minute than are reported one by one. */
export class JoinedAlerts {
  readonly #observer: JoinedObserver
  readonly #log: Logger
  readonly #routers = new Set<RouterKey>()

  constructor(options: { readonly observer: JoinedObserver; readonly log: Logger }) {
    this.#observer = options.observer
    this.#log = options.log
  }

  /** @param changed an alert of any kind */
  note({ tenant, alert }: TenantAlert): void {
    if (alert.kind !== 'more') return
    const { count } = alert.detail
    this.#observer.alertsJoined(count)
    const router = routerKey(tenant, routerId(alert.subject))
    if (this.#routers.has(router)) return
    this.#routers.add(router)
    this.#log.warn(
      { router, rule: alert.rule, alerts: count },
      'a router has more alerts a minute than are reported one by one: see /api/alerts',
    )
  }
}
