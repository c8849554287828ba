import { AUTHORITY_PATH } from '../../harness/fleet/certificate.ts'
import type { Fleet } from '../../harness/fleet/fleet.ts'
import type { SubscriberBytes } from './compare.ts'

/** A tenant that gets some of a fleet's routers. */
export interface FleetTenant {
  readonly id: string
  readonly name: string
  readonly timezone: string
}

/**
 * The `tenants` of a config with all routers of a fleet, dealt out in turn.
 * @param username the daemon's user on the routers
 */
export function tenantsConfig(
  fleet: Fleet,
  tenants: readonly FleetTenant[],
  username: string,
): readonly object[] {
  return tenants.map(tenant => ({
    ...tenant,
    routers: fleet.routers
      .filter((_, index) => ownerOf(index, tenants).id === tenant.id)
      .map(router => ({
        id: router.identity,
        host: router.host,
        port: router.port,
        ...(router.hasTls ? { tls: { ca: AUTHORITY_PATH } } : {}),
        username,
        password: 'secret',
      })),
  }))
}

/** What each subscriber's whole replies carried, according to the fleet. */
export function subscribersOf(fleet: Fleet, tenants: readonly FleetTenant[]): readonly SubscriberBytes[] {
  const owners = new Map(fleet.routers.map((router, index) => [router.identity, ownerOf(index, tenants).id]))
  return fleet.truth().map(({ router, service, username, carried }) => ({
    ...{ tenant: owners.get(router) ?? '', router, service, username, carried },
  }))
}

/** The tenant of the fleet's router number `index`. */
export function ownerOf(index: number, tenants: readonly FleetTenant[]): FleetTenant {
  const tenant = tenants[index % tenants.length]
  if (!tenant) throw new RangeError('a fleet needs a tenant')
  return tenant
}
