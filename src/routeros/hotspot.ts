import type { SessionReading } from '../accounting/reading.ts'
import type { RouterConnection } from './connection.ts'
import { beganAt, counterOf, proplist, requiredUptimeOf, type SessionRows, textOf } from './fields.ts'

/** Without `comment`: it is of no use here, and operators write it in any encoding. */
const PROPERTIES = proplist(
  ...['.id', 'server', 'user', 'address', 'mac-address', 'uptime', 'bytes-in', 'bytes-out'],
)

/**
 * `/ip/hotspot/active`: `bytes-in` is what the router got from the user, so upload, and `bytes-out` download.
 * @throws RouterError
 */
export async function readHotspot(connection: RouterConnection): Promise<SessionRows> {
  const reply = await connection.command('/ip/hotspot/active/print', PROPERTIES)
  const rows = reply.rows.map((row): SessionReading => {
    const upload = counterOf(row, 'bytes-in')
    const download = counterOf(row, 'bytes-out')
    const uptimeSeconds = requiredUptimeOf(row, '/ip/hotspot/active')
    return {
      protocol: 'hotspot',
      username: row.get('user') ?? '',
      server: textOf(row, 'server'),
      macAddress: textOf(row, 'mac-address'),
      ipAddress: textOf(row, 'address'),
      routerSessionId: undefined,
      callerId: undefined,
      uptimeSeconds,
      login: beganAt(reply, uptimeSeconds),
      counters: upload === undefined || download === undefined ? undefined : { upload, download },
      binding: undefined,
    }
  })
  const ids = reply.rows.map(row => row.get('.id') ?? '')
  return { rows, ids, askedMs: reply.askedMs, answeredMs: reply.answeredMs }
}
