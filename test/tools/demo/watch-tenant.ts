import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { RouterJson, Stats } from '../../../src/live/snapshot.ts'

interface SnapshotMessage {
  readonly type: string
  readonly tenant: string
  readonly stats: Stats
  readonly routers: readonly RouterJson[]
}

/** Prints a line for each of the tenant's snapshots, until the signal aborts. */
export async function watchTenant(
  url: string,
  token: string,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const socket = new WebSocket(url, ['tikmeter.v1'], { headers: { authorization: `Bearer ${token}` } })
  socket.on('message', raw => {
    const message: SnapshotMessage = JSON.parse(String(raw))
    if (message.type === 'snapshot') print(lineOf(message))
  })
  const closed = once(socket, 'close')
  signal.addEventListener('abort', () => socket.close())
  await closed
}

function lineOf({ tenant, stats }: SnapshotMessage): string {
  const { rates, bytes } = stats
  return [
    stats.last_updated.slice(11, 19),
    tenant.padEnd(8),
    `today ${stats.today_data_usage.toFixed(2)} GB (up ${bytes.today.upload}, down ${bytes.today.download})`,
    `now ${megabits(rates.upload_bps)} up ${megabits(rates.download_bps)} down`,
    `online ${stats.hotspot_users} hotspot ${stats.pppoe_users} ppp`,
    `routers ${stats.online_routers}/${stats.total_routers}`,
  ].join('  ')
}

function megabits(bps: number): string {
  return `${(bps / 1e6).toFixed(1)} Mbit/s`
}
