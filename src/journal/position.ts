import type { RouterKey } from '../accounting/ids.ts'

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
