import { stringify } from 'yaml'
import { SECRET } from '../../../system/daemon/scene.ts'
import { hostOf } from './simulated/router.ts'

const ZONES = ['Africa/Nairobi', 'Asia/Kathmandu', 'America/Bogota', 'UTC']

/** How the routers are dealt out to the tenants. */
export interface Deal {
  readonly tenants: number
  /** Routers that the first tenant has alone. The other ones are dealt out in turn: to its fellows, or to all if it has none. */
  readonly ofFirst: number
}

/** The daemon's config of a fleet. */
export interface Terms extends Deal {
  readonly routers: number
  readonly fleetPort: number
  readonly databaseUrl: string
  readonly journalFolder: string
  readonly port: number
  /** Keys that override the usual ones. */
  readonly more: Readonly<Record<string, unknown>>
  /** Keys of single tenants, by id. */
  readonly ofTenant: ReadonlyMap<string, Readonly<Record<string, unknown>>>
}

export interface BenchTenant {
  readonly id: string
  readonly name: string
  readonly timezone: string
}

export function tenantsOf(count: number): readonly BenchTenant[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `tenant-${index}`,
    name: `Tenant ${index}`,
    timezone: ZONES[index % ZONES.length] ?? 'UTC',
  }))
}

/** The number of the tenant that has a router. */
export function tenantNumberOf(router: number, { tenants, ofFirst }: Deal): number {
  if (ofFirst === 0) return router % tenants
  return router < ofFirst ? 0 : 1 + ((router - ofFirst) % (tenants - 1))
}

export function routerIdOf(number: number): string {
  return `router-${number}`
}

export function configText(terms: Terms): string {
  const tenants = tenantsOf(terms.tenants)
  const numbers = Array.from({ length: terms.routers }, (_, number) => number)
  return stringify({
    database: { url: terms.databaseUrl },
    journal: { directory: terms.journalFolder },
    server: { port: terms.port },
    auth: { secret: SECRET },
    ...terms.more,
    tenants: tenants.map((tenant, index) => ({
      ...tenant,
      ...terms.ofTenant.get(tenant.id),
      routers: numbers
        .filter(number => tenantNumberOf(number, terms) === index)
        .map(number => ({
          ...{ id: routerIdOf(number), host: hostOf(number), port: terms.fleetPort },
          ...{ username: 'usage', password: 'secret' },
        })),
    })),
  })
}
