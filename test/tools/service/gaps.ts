import type { Visits } from '../../system/daemon/watched-fleet-messages.ts'

/** The time between two readings of a router's service. */
export interface Gap {
  readonly router: string
  readonly service: string
  readonly ms: number
  /** Whether another connection made the second reading, so that there was none in between. */
  readonly isOverLogin: boolean
}

/** All gaps that ended after `sinceMs`, longest first. */
export function gapsSince(visits: readonly Visits[], sinceMs: number): readonly Gap[] {
  return visits
    .flatMap(({ router, service, all }) =>
      all.flatMap(({ atMs, login }, index): readonly Gap[] => {
        const before = all[index - 1]
        if (!before || atMs < sinceMs) return []
        return [{ router, service, ms: atMs - before.atMs, isOverLogin: login !== before.login }]
      }),
    )
    .sort((a, b) => b.ms - a.ms)
}
