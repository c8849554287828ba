import { stringify } from 'yaml'
import { SECRET } from '../../system/daemon/scene.ts'
import { routerIdOf } from '../bench/fleet/config.ts'
import { hostOf } from '../bench/fleet/simulated/router.ts'
import { TIMEOUT_MS } from './kinds.ts'

export const HONEST = 'honest'
export const HOSTILE = 'hostile'
export const INTERVAL_MS = 1_000
export const COMMIT_MS = 4_000
/** By far enough for the data of honest routers in a commit interval. */
export const MAX_JOURNAL_BYTES = 64 * 1024 * 1024

/** Without keys that 0.1.0 did not know, so that the same test can be run with it. */
export function configText(about: {
  readonly databaseUrl: string
  readonly journalFolder: string
  readonly port: number
  readonly honest: { readonly routers: number; readonly port: number }
  readonly hostilePort: number
}): string {
  const login = { username: 'usage', password: 'secret' }
  const honest = Array.from({ length: about.honest.routers }, (_, number) => ({
    ...{ id: routerIdOf(number), host: hostOf(number), port: about.honest.port, ...login },
  }))
  const hostile = { id: HOSTILE, host: '127.0.0.1', port: about.hostilePort, ...login }
  return stringify({
    database: { url: about.databaseUrl },
    journal: { directory: about.journalFolder, max_size: `${MAX_JOURNAL_BYTES / 1024 ** 2}MB` },
    poll: { schedule: `*/${INTERVAL_MS / 1_000} * * * * *`, timeout: `${TIMEOUT_MS}ms` },
    commit: { interval: `${COMMIT_MS}ms` },
    server: { port: about.port },
    auth: { secret: SECRET },
    tenants: [
      { id: HONEST, name: HONEST, timezone: 'UTC', routers: honest },
      { id: HOSTILE, name: HOSTILE, timezone: 'UTC', routers: [hostile] },
    ],
  })
}
