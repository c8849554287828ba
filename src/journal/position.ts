import type { RouterKey } from '../accounting/ids.ts'
import { BrokenInvariant } from '../accounting/invariants.ts'

/**
 * A point in a router's history: after its `position`th decision, which was made under the lease of `epoch`. Positions
 * are counted across epochs, but two epochs can have the same one, if the decision of the first never came to the
 * database. So the epoch is compared first.
 */
export interface Position {
  readonly epoch: number
  readonly position: number
}

export function isAtOrBefore(one: Position, other: Position): boolean {
  return one.epoch < other.epoch || (one.epoch === other.epoch && one.position <= other.position)
}

/** Moves a router's position forward, never back. */
export function advance<T extends Position>(positions: Map<RouterKey, T>, router: RouterKey, to: T): void {
  const known = positions.get(router)
  if (!known || isAtOrBefore(known, to)) positions.set(router, to)
}

/** Keeps the last position of each router. */
export class GrowingPositions {
  readonly #last = new Map<RouterKey, Position>()

  /** Moves a router forward. @throws BrokenInvariant if the position is not after the router's last one */
  move({ router, epoch, position }: Position & { readonly router: RouterKey }): void {
    const last = this.#last.get(router)
    if (last && isAtOrBefore({ epoch, position }, last))
      throw new BrokenInvariant(router, 'positions only grow', {
        ...{ epoch, position, lastEpoch: last.epoch, lastPosition: last.position },
      })
    this.#last.set(router, { epoch, position })
  }
}
