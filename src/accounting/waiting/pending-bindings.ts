import type { Bindings } from '../counting/bindings.ts'
import type { CountedMark } from '../counting/mark.ts'
import type { Service } from '../reading.ts'

/** What waits for the database of the static bindings of one service. */
export interface PendingBindings {
  /** Whether `moved` has all that are known, so that the database forgets its own. */
  readonly forgetsOthers: boolean
  readonly moved: Bindings
}

interface MovingBindings extends PendingBindings {
  readonly moved: Map<string, CountedMark>
}

/** The bindings that moved since the last commit, by service. */
export class MovedBindings {
  readonly #byService = new Map<Service, MovingBindings>()

  get all(): ReadonlyMap<Service, PendingBindings> {
    return this.#byService
  }

  get count(): number {
    let count = 0
    for (const { moved } of this.#byService.values()) count += moved.size
    return count
  }

  note(service: Service, { forgetsOthers, moved }: PendingBindings): void {
    if (!forgetsOthers && moved.size === 0) return
    const before = forgetsOthers ? undefined : this.#byService.get(service)
    if (before) for (const [name, mark] of moved) before.moved.set(name, mark)
    else this.#byService.set(service, { forgetsOthers, moved: new Map(moved) })
  }
}
