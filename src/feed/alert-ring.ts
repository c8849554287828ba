import type { AlertJson } from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'
import { encode } from './feed-messages.ts'

/** One alert's encoded message, and the outbox slot in which it waits for a slow watcher. */
export interface AlertPost {
  readonly slot: string
  readonly frame: Buffer
}

/** More than a new subscriber gets, so that a refresh replaces no alert that is still waiting. */
const PLACES = 32

/**
 * The newest alerts of a tenant, each encoded once and in its own slot. An alert is replaced after 32 others have
 * followed, so at most these wait for one watcher. The end of an alert uses the slot of its beginning, so nobody gets
 * them in the wrong order.
 */
export class AlertRing {
  readonly #tenant: TenantId
  readonly #places: { readonly alert: AlertJson; readonly frame: Buffer }[] = []
  #next = 0

  constructor(tenant: TenantId) {
    this.#tenant = tenant
  }

  slots(): readonly string[] {
    return this.#places.map((_, place) => this.#slot(place))
  }

  post(alert: AlertJson): AlertPost {
    const known = this.#places.findIndex(it => it.alert.id === alert.id)
    const place = known === -1 ? this.#takePlace() : known
    const last = this.#places[place]
    const isSame = known !== -1 && last?.alert.ended_at === alert.ended_at
    const frame = isSame ? last.frame : encode({ type: 'alert', tenant: this.#tenant, alert })
    this.#places[place] = { alert, frame }
    return { slot: this.#slot(place), frame }
  }

  /** The slot that was used the longest time ago. */
  #takePlace(): number {
    const place = this.#next
    this.#next = (place + 1) % PLACES
    return place
  }

  #slot(place: number): string {
    return `alert/${this.#tenant}/${place}`
  }
}
