import type { FaultKind } from './kinds.ts'
import type { Crash, Happened } from './unread.ts'

export interface Count {
  readonly planned: number
  readonly injected: number
  readonly skipped: number
}

/** How often each fault was planned and happened, and what was noticed on the way. */
export class Tally {
  readonly #counts = new Map<FaultKind, Count>()
  /** Each makes the run fail. */
  readonly failures: string[] = []
  /** The faults of everything but routers that were carried out. */
  readonly happened: Happened[] = []
  readonly crashes: Crash[] = []
  /** From a daemon's death or pause until another one had read each of its healthy routers. */
  readonly takeoverMs: number[] = []

  /** The largest load of a daemon at the end, in proportion to an equal share. */
  largestLoad = Number.NaN

  plan(kind: FaultKind): void {
    this.#add(kind, { planned: 1, injected: 0, skipped: 0 })
  }

  inject(kind: FaultKind, times = 1): void {
    this.#add(kind, { planned: 0, injected: times, skipped: 0 })
  }

  /** Counts a fault that is not possible here. */
  skip(kind: FaultKind): void {
    this.#add(kind, { planned: 0, injected: 0, skipped: 1 })
  }

  get counts(): ReadonlyMap<FaultKind, Count> {
    return this.#counts
  }

  #add(kind: FaultKind, more: Count): void {
    const count = this.#counts.get(kind)
    this.#counts.set(kind, {
      planned: (count?.planned ?? 0) + more.planned,
      injected: (count?.injected ?? 0) + more.injected,
      skipped: (count?.skipped ?? 0) + more.skipped,
    })
  }
}
