/** A router's limits, with their names in the config. `bytes` stands for the limits that follow from `max_sessions`. */
export type LimitName = 'max_sessions' | 'new_sessions_per_hour' | 'bytes'

/** How much of a limit a router uses. */
export interface LimitUse {
  readonly limit: LimitName
  readonly used: number
  readonly allowed: number
}

/** The share of a limit above which a router is reported as near the limit. */
const NEAR = 0.8

export function isNear({ used, allowed }: Pick<LimitUse, 'used' | 'allowed'>): boolean {
  return used > NEAR * allowed
}

/** How close a router is to the limits of its sessions. */
export interface Crowding {
  readonly sessions: number
  readonly uses: readonly LimitUse[]
  readonly leftOut: number
}
