import type { TenantId } from '../../accounting/ids.ts'
import type { Stats } from '../../live/snapshot.ts'
import { textFrame } from '../text-frame.ts'
import { channelOf } from './app.ts'

/** Dashboards listen for one of these names; both events carry the same numbers. */
const EVENTS = ['stats.updated', 'DashboardStatsUpdated']

/** A tenant's stats for Pusher clients: two whole WebSocket frames in one buffer. */
export function statsFrame(tenant: TenantId, stats: Stats): Buffer {
  const channel = JSON.stringify(channelOf(tenant))
  const content = JSON.stringify(JSON.stringify({ stats }))
  return Buffer.concat(
    EVENTS.map(event => textFrame(`{"event":"${event}","channel":${channel},"data":${content}}`)),
  )
}
