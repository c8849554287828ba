import type { AlertJson } from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'
import { encode } from './messages.ts'

/** One alert's message, for all who get it, and where it waits for a slow watcher. */
export interface AlertPost {
  readonly slot: string
  readonly frame: Buffer
}

/** More than are shown to whoever begins to look, so that asking for them again pushes none out that still waits. */
const PLACES = 32

/**
 * A tenant's alerts, each encoded once, at a place of its own: none pushes another out until so many have come after
 * it, and no more than these wait for one watcher. One that ends takes its own place, so that nobody hears of the end
 * before the beginning.
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

  /** That of the one whose turn it was the longest ago. */
  #takePlace(): number {
    const place = this.#next
    this.#next = (place + 1) % PLACES
    return place
  }

  #slot(place: number): string {
    return `alert/${this.#tenant}/${place}`
  }
}
