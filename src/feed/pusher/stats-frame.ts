import type { TenantId } from '../../accounting/ids.ts'
import type { Stats } from '../../live/snapshot.ts'
import { textFrame } from '../text-frame.ts'
import { channelOf } from './app.ts'

/** Dashboards listen for the one or for the other: the same numbers twice. */
const EVENTS = ['stats.updated', 'DashboardStatsUpdated']

/** A tenant's stats as Pusher's clients take them: two whole WebSocket frames, one behind the other. */
export function statsFrame(tenant: TenantId, stats: Stats): Buffer {
  const channel = JSON.stringify(channelOf(tenant))
  const content = JSON.stringify(JSON.stringify({ stats }))
  return Buffer.concat(
    EVENTS.map(event => textFrame(`{"event":"${event}","channel":${channel},"data":${content}}`)),
  )
}
