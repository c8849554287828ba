import { join } from 'node:path'
import { stringify } from 'yaml'
import { AUTHORITY_PATH } from '../../harness/fleet/certificate.ts'
import { ownerOf } from '../../system/daemon/fleet-config.ts'
import { SECRET, TENANTS } from '../../system/daemon/scene.ts'
import type { ListedRouter } from './fleet-messages.ts'

export const DAEMONS = ['a', 'b', 'c', 'd'] as const
export type DaemonName = (typeof DAEMONS)[number]

/** Each daemon logs in to the routers as another user, so that they know who reads. */
export const READERS = DAEMONS.map(readerOf)

export function readerOf(daemon: DaemonName): string {
  return `usage-${daemon}`
}

/** The settings that a reload changes. */
export interface Terms {
  readonly schedule: string
  readonly timeout: string
  readonly disabled: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
}

/** Commits are rare enough for the journal to matter. */
export const COMMIT_EVERY_MS = 3_000

/** The time until a takeover; shorter outages of daemons and of the database should not cause one. */
export const LEASE_MS = 6_000

/** The interval of the usual schedule. */
export const POLL_EVERY_MS = 1_000

export const USUAL: Terms = {
  ...{ schedule: '* * * * * *', timeout: '3s' },
  ...{ disabled: new Set(), removed: new Set() },
}

export function journalFolder(folder: string, daemon: DaemonName): string {
  return join(folder, `journal-${daemon}`)
}

/** The tenant of each router, by its identity. */
export function tenantsOf(routers: readonly ListedRouter[]): ReadonlyMap<string, string> {
  return new Map(routers.map(({ identity }, index) => [identity, ownerOf(index, TENANTS).id]))
}

/** The YAML of one daemon. */
export function configText(about: {
  readonly daemon: DaemonName
  readonly folder: string
  readonly databaseUrl: string
  readonly routers: readonly ListedRouter[]
  readonly terms: Terms
  /** The URL of the NATS server, if there is one. */
  readonly bus: string | undefined
}): string {
  const { daemon, folder, databaseUrl, routers, terms, bus } = about
  const tenants = tenantsOf(routers)
  return stringify({
    database: { url: databaseUrl },
    poll: { schedule: terms.schedule, timeout: terms.timeout },
    commit: { interval: `${COMMIT_EVERY_MS}ms` },
    lease: { duration: `${LEASE_MS}ms` },
    journal: { directory: journalFolder(folder, daemon) },
    snapshots: { interval: '1s' },
    ...(bus === undefined ? {} : { bus: { url: bus } }),
    server: { port: 0 },
    auth: { secret: SECRET },
    tenants: TENANTS.map(tenant => ({
      ...tenant,
      routers: routers
        .filter(({ identity }) => tenants.get(identity) === tenant.id && !terms.removed.has(identity))
        .map(router => ({
          ...{ id: router.identity, host: router.host, port: router.port },
          ...(router.hasTls ? { tls: { ca: AUTHORITY_PATH } } : {}),
          ...{
            username: readerOf(daemon),
            password: 'secret',
            enabled: !terms.disabled.has(router.identity),
          },
        })),
    })),
  })
}
