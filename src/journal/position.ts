import type { RouterKey } from '../accounting/ids.ts'
import { BrokenInvariant } from '../accounting/invariants.ts'

/**
 * Where a router's history stands: after its `position`th decision, made under the lease of `epoch`. Positions are
 * counted on over epochs, but two epochs can have had the same one: what the first did there never came to the
 * database. So a position is later by its epoch first.
 */
export interface Position {
  readonly epoch: number
  readonly position: number
}

export function isAtOrBefore(place: Position, other: Position): boolean {
  return place.epoch < other.epoch || (place.epoch === other.epoch && place.position <= other.position)
}

/** Moves a router's position on, never back. */
export function advance<T extends Position>(places: Map<RouterKey, T>, router: RouterKey, place: T): void {
  const known = places.get(router)
  if (!known || isAtOrBefore(known, place)) places.set(router, place)
}

/** The last position of each router. */
export class GrowingPositions {
  readonly #last = new Map<RouterKey, Position>()

  /** @throws BrokenInvariant if the position is not after the router's last one */
  move({ router, epoch, position }: Position & { readonly router: RouterKey }): void {
    const last = this.#last.get(router)
    if (last && isAtOrBefore({ epoch, position }, last))
      throw new BrokenInvariant(router, 'positions only grow', {
        ...{ epoch, position, lastEpoch: last.epoch, lastPosition: last.position },
      })
    this.#last.set(router, { epoch, position })
  }
}
