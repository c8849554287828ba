import { percentile } from '../../measure.ts'
import type { FastFleet } from './fleet.ts'

/** How the routers were polled since recording began. */
export interface FleetReport {
  readonly polls: number
  /** Sum of the sessions in all readings. */
  readonly sessionReadings: number
  /** Polls more than 100 ms after the router's own time in the interval. */
  readonly late: number
  readonly missed: number
  readonly delayP99Ms: number
  readonly worstDelayMs: number
  /** Connections since the fleet began, and open ones. */
  readonly accepted: number
  readonly connected: number
}

export function reportOf(fleet: FastFleet, intervalMs: number): FleetReport {
  const each = fleet.routers.map(router => {
    const { ticks, late, missed, delaysMs } = router.polls.punctuality(intervalMs)
    const sessions = router.hotspot.online.length + router.ppp.online.length
    return { ticks, late, missed, delaysMs, sessionReadings: ticks * sessions }
  })
  const sum = (of: (it: (typeof each)[number]) => number) => each.reduce((total, it) => total + of(it), 0)
  const delaysMs = each.flatMap(it => it.delaysMs)
  return {
    polls: sum(it => it.ticks),
    sessionReadings: sum(it => it.sessionReadings),
    late: sum(it => it.late),
    missed: sum(it => it.missed),
    delayP99Ms: percentile(delaysMs, 0.99),
    worstDelayMs: percentile(delaysMs, 1),
    accepted: fleet.accepted,
    connected: fleet.connected,
  }
}
