import type { Bytes } from '../../../../src/accounting/bytes.ts'
import { routerIdOf } from '../fleet/config.ts'
import type { RouterOnline } from '../fleet/simulated/fleet-process.ts'
import type { Stage } from '../fleet/stage.ts'
import type { Shown } from './screens.ts'

/** What a tenant's numbers must be, by the fleet's books. */
export interface TenantTruth {
  readonly routers: number
  readonly bytes: Bytes
  readonly guests: ReadonlySet<string>
  readonly homes: ReadonlySet<string>
  /** The bytes of each session online, by `service/router/username`. */
  readonly sessions: ReadonlyMap<string, Bytes>
  /** Subscribers who are online at routers of several daemons. */
  readonly acrossDaemons: number
}

/** The bytes that whole replies carried of each tenant. */
export async function bytesByTenant(stage: Stage): Promise<ReadonlyMap<string, Bytes>> {
  const sums = new Map<string, { upload: number; download: number }>()
  for (const [router, { upload, download }] of (await stage.running.fleet.sums()).entries()) {
    const tenant = stage.tenantOf(router)
    const sum = sums.get(tenant) ?? { upload: 0, download: 0 }
    sum.upload += upload
    sum.download += download
    sums.set(tenant, sum)
  }
  return sums
}

/** @param readerOf returns the place of the daemon that reads a router */
export async function truthByTenant(
  stage: Stage,
  readerOf: (tenant: string, router: string) => number | undefined,
): Promise<ReadonlyMap<string, TenantTruth>> {
  const bytes = await bytesByTenant(stage)
  const routers = new Map<string, number[]>()
  for (let router = 0; router < stage.size.routers; router++) {
    const tenant = stage.tenantOf(router)
    routers.set(tenant, [...(routers.get(tenant) ?? []), router])
  }
  const truth = new Map<string, TenantTruth>()
  for (const [tenant, numbers] of routers) {
    const online: Online[] = []
    for (const number of numbers) {
      const router = routerIdOf(number)
      const services = await stage.running.fleet.online(number)
      online.push({ router, reader: readerOf(tenant, router), services })
    }
    truth.set(tenant, { ...headsOf(online), bytes: bytes.get(tenant) ?? { upload: 0, download: 0 } })
  }
  return truth
}

interface Online {
  readonly router: string
  readonly reader: number | undefined
  readonly services: RouterOnline
}

function headsOf(online: readonly Online[]): Omit<TenantTruth, 'bytes'> {
  const heads = { hotspot: new Map<string, Set<unknown>>(), ppp: new Map<string, Set<unknown>>() }
  const sessions = new Map<string, Bytes>()
  for (const { router, reader, services } of online)
    for (const { service, sessions: those } of services)
      for (const { username, upload, download } of those) {
        sessions.set(`${service}/${router}/${username}`, { upload, download })
        const readers = heads[service].get(username) ?? new Set()
        heads[service].set(username, readers.add(reader))
      }
  return {
    routers: online.length,
    guests: new Set(heads.hotspot.keys()),
    homes: new Set(heads.ppp.keys()),
    sessions,
    acrossDaemons: [...heads.hotspot.values()].filter(readers => readers.size > 1).length,
  }
}

/** @returns what a snapshot shows otherwise than it is; `undefined` if nothing */
export function falsehoodIn({ tenant, daemon, stats }: Shown, truth: TenantTruth): string | undefined {
  const { upload, download } = truth.bytes
  const wanted = {
    ...{ upload, download, used: upload + download },
    ...{ sessions: truth.sessions.size, guests: truth.guests.size, homes: truth.homes.size },
    ...{ routers: truth.routers, online: truth.routers },
  }
  const { total } = stats.bytes
  const shown: typeof wanted = {
    ...{ upload: total.upload, download: total.download, used: total.used },
    ...{ sessions: stats.active_sessions, guests: stats.hotspot_users, homes: stats.pppoe_users },
    ...{ routers: stats.total_routers, online: stats.online_routers },
  }
  const names = Object.keys(wanted) as (keyof typeof wanted)[]
  const wrong = names.filter(name => shown[name] !== wanted[name])
  if (wrong.length === 0) return undefined
  const texts = wrong.map(name => `${name} ${shown[name]} instead of ${wanted[name]}`)
  return `daemon ${daemon + 1} shows of ${tenant}: ${texts.join(', ')}`
}
