import { expected } from '../../harness/random-runs.ts'
import { READER } from './watched-fleet.ts'
import type { SeenRouter } from './watched-fleet-messages.ts'

export interface WrittenRouter {
  readonly id: string
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly enabled?: boolean
  readonly timeout?: string
  readonly schedule?: string
}

export interface WrittenTenant {
  readonly id: string
  readonly name: string
  readonly timezone: string
  readonly routers: readonly WrittenRouter[]
}

/** A config's tenants as they stand in the file. */
export type Tenants = readonly WrittenTenant[]

/** A change of the config that the daemon must apply. */
export interface Change {
  readonly what: string
  readonly to: (tenants: Tenants) => Tenants
  /**
   * What happens to the routers that it names:
   *
   *     removed   they have no connection left, and their sessions have ended
   *     paused    they have no connection left
   *     begun     they get one more login, and a reading after it
   */
  readonly fate: 'removed' | 'paused' | 'begun'
  readonly routers: readonly string[]
  /** The password of these routers' user from now on. */
  readonly password?: string
}

/** The routers of all tenants: two large tenants, two small ones that leave, and others that join. */
export interface Cast {
  readonly tenants: Tenants
  readonly changes: readonly Change[]
  /** Routers that are in the config all the time and that no change touches. */
  readonly untouched: readonly string[]
}

/** The number of routers in the first config. */
export const FIRST_ROUTERS = expected(42, 200)
const JOINING = 5
const TENANT_SIZE = 3
/** With those that join. */
export const CAST_ROUTERS = FIRST_ROUTERS + JOINING + TENANT_SIZE

/** Deals out the routers and makes forty changes, or half of them: as many as an operator makes in a year. */
export function castOf(routers: readonly SeenRouter[]): Cast {
  const rest = routers.map(({ identity, host, port }): WrittenRouter => {
    return { id: identity, host, port, username: READER.name, password: READER.password }
  })
  const take = (count: number) => rest.splice(0, count)
  const [joining, coast, lakeside, valley] = [
    take(JOINING),
    tenantOf('coast', 'America/Bogota', take(TENANT_SIZE)),
    tenantOf('lakeside', 'UTC', take(TENANT_SIZE)),
    tenantOf('valley', 'America/Bogota', take(TENANT_SIZE)),
  ]
  const acme = tenantOf(
    'acme',
    'Africa/Nairobi',
    rest.filter((_, index) => index % 2 === 0),
  )
  const hilltop = tenantOf(
    'hilltop',
    'Asia/Kathmandu',
    rest.filter((_, index) => index % 2 === 1),
  )
  const leaving = take(6)
  const pausing = take(4)
  const slower = take(3)
  const rarer = take(3)
  const guarded = take(3)
  const home = (router: WrittenRouter) => (acme.routers.includes(router) ? acme.id : hilltop.id)
  const join = (at: number) => added(hilltop.id, joining[at])
  const leave = (at: number) => removed(leaving[at])
  const back = (at: number) => leaving.slice(at, at + 1).flatMap(it => added(home(it), it))
  const pause = (at: number) => disabled(pausing[at])
  const goOn = (at: number) => changed('enabled again', pausing[at], { enabled: true })
  const slow = (at: number) => changed('another timeout', slower[at], { timeout: '4s' })
  const rare = (at: number) => changed('another schedule', rarer[at], { schedule: '*/3 * * * * *' })
  const guard = (at: number) => changed('another password', guarded[at], { password: `changed ${at}` })
  const changes: readonly (readonly Change[])[] = [
    // One of each kind. At the end a router is out that was in, and no router is disabled.
    ...[join(0), leave(0), pause(0), slow(0), back(0), rare(0)],
    ...[tenantChanged(hilltop.id, { timezone: 'Pacific/Kiritimati' }), guard(0)],
    ...[join(1), leave(1), goOn(0), tenantRemoved(coast), join(2), tenantRemoved(lakeside)],
    ...[tenantChanged(acme.id, { name: 'Acme Wireless' }), tenantAdded(valley), slow(1), rare(1)],
    ...[tenantChanged(acme.id, { timezone: 'America/Bogota' }), tenantAdded(lakeside)],

    ...[back(1), pause(1), leave(2), goOn(1), pause(2), guard(1), leave(3), back(2), join(3), back(3)],
    ...[goOn(2), leave(4), pause(3), leave(5), join(4), goOn(3), back(4), slow(2), rare(2), guard(2)],
  ]
  return {
    tenants: [acme, hilltop, coast, lakeside],
    changes: changes.flat().slice(0, expected(20, 40)),
    untouched: rest.map(({ id }) => id),
  }
}

function tenantOf(id: string, timezone: string, routers: readonly WrittenRouter[]): WrittenTenant {
  return { id, name: `Tenant ${id}`, timezone, routers }
}

function added(tenant: string, router: WrittenRouter | undefined): readonly Change[] {
  if (!router) return []
  const to = inTenant(tenant, it => ({ ...it, routers: [...it.routers, router] }))
  return [{ what: `${router.id} added`, to, fate: 'begun', routers: [router.id] }]
}

function removed(router: WrittenRouter | undefined): readonly Change[] {
  if (!router) return []
  const to = (tenants: Tenants) =>
    tenants.map(it => ({ ...it, routers: it.routers.filter(({ id }) => id !== router.id) }))
  return [{ what: `${router.id} removed`, to, fate: 'removed', routers: [router.id] }]
}

function disabled(router: WrittenRouter | undefined): readonly Change[] {
  return changed('disabled', router, { enabled: false }).map(it => ({ ...it, fate: 'paused' }))
}

function changed(
  what: string,
  router: WrittenRouter | undefined,
  change: Partial<WrittenRouter>,
): readonly Change[] {
  if (!router) return []
  const to = (tenants: Tenants) =>
    tenants.map(tenant => ({
      ...tenant,
      routers: tenant.routers.map(it => (it.id === router.id ? { ...it, ...change } : it)),
    }))
  const password = change.password === undefined ? {} : { password: change.password }
  return [{ what: `${router.id} ${what}`, to, fate: 'begun', routers: [router.id], ...password }]
}

function tenantAdded(tenant: WrittenTenant): readonly Change[] {
  const to = (tenants: Tenants) => [...tenants, tenant]
  return [{ what: `${tenant.id} added`, to, fate: 'begun', routers: tenant.routers.map(({ id }) => id) }]
}

function tenantRemoved(tenant: WrittenTenant): readonly Change[] {
  const to = (tenants: Tenants) => tenants.filter(({ id }) => id !== tenant.id)
  return [{ what: `${tenant.id} removed`, to, fate: 'removed', routers: tenant.routers.map(({ id }) => id) }]
}

/** A change of the tenant alone, which touches no router. */
function tenantChanged(tenant: string, change: Partial<WrittenTenant>): readonly Change[] {
  const to = inTenant(tenant, it => ({ ...it, ...change }))
  return [{ what: `${tenant} has ${Object.keys(change)} changed`, to, fate: 'begun', routers: [] }]
}

function inTenant(id: string, change: (tenant: WrittenTenant) => WrittenTenant) {
  return (tenants: Tenants) => tenants.map(it => (it.id === id ? change(it) : it))
}
