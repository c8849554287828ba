import type { Fleet, FleetTruth } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'

interface SessionRow {
  readonly router: string
  readonly service: string
  readonly username: string
  /** The MAC address of a hotspot session, or the caller of a PPP session. */
  readonly device: string
  readonly status: string
  readonly upload: string
  readonly download: string
}

/** The rows of `user_sessions` of subscribers who logged out, and what these rows should be, as lines of text. */
export interface EndedSessions {
  readonly recorded: readonly string[]
  readonly expected: readonly string[]
}

/** Reads what is recorded of ended sessions, and what the routers know of them. One recorded as active differs. */
export async function endedSessions(databaseUrl: string, fleet: Fleet): Promise<EndedSessions> {
  const ended = fleet.truth().filter(it => it.logoutAtMs !== undefined && it.everCarried)
  const devices = new Set(ended.map(it => `${it.router} ${it.service} ${deviceOf(it)}`))
  const rows = await query<SessionRow>(
    databaseUrl,
    `select router_id as router, service, username, status, data_upload as upload, data_download as download,
       case service when 'hotspot' then mac_address else caller_id end as device from user_sessions`,
  )
  return {
    recorded: rows
      .filter(it => devices.has(`${it.router} ${it.service} ${it.device}`))
      .map(it => lineOf(it.router, it.service, it.username, it.device, it.status, it.upload, it.download))
      .sort(),
    expected: ended
      .map(it => {
        const { upload, download } = it.carried
        return lineOf(it.router, it.service, it.username, deviceOf(it), 'ended', upload, download)
      })
      .sort(),
  }
}

function deviceOf({ macAddress, callerId }: FleetTruth): string {
  return macAddress ?? callerId ?? ''
}

function lineOf(...words: readonly (string | number)[]): string {
  return words.join(' ')
}
