import type { Config, TenantConfig } from '../config/config.ts'
import type { ConfiguredRouter } from '../config/difference.ts'
import { nearest } from '../config/fields/nearest.ts'
import { WrongUse } from './wrong-use.ts'

/**
 * @param which `TENANT` or `TENANT/ROUTER`; `undefined`: all routers. A disabled router must be named.
 * @throws WrongUse if the config has no such tenant or router
 */
export function chooseRouters(
  config: Pick<Config, 'tenants'>,
  which: string | undefined,
): readonly ConfiguredRouter[] {
  const [tenantName, routerName, ...more] = which?.split('/') ?? []
  if (more.length > 0) throw new WrongUse(`${JSON.stringify(which)} is not TENANT or TENANT/ROUTER`)
  const tenants = tenantName === undefined ? config.tenants : [chooseTenant(config, tenantName)]
  if (routerName === undefined)
    return tenants.flatMap(tenant =>
      tenant.routers.filter(({ enabled }) => enabled).map(router => ({ tenant, router })),
    )
  return tenants.map(tenant => ({ tenant, router: named('router', routerName, tenant.routers) }))
}

/** @throws WrongUse if the config has no such tenant */
export function chooseTenant({ tenants }: Pick<Config, 'tenants'>, id: string): TenantConfig {
  return named('tenant', id, tenants)
}

function named<T extends { readonly id: string }>(what: string, id: string, all: readonly T[]): T {
  const found = all.find(it => it.id === id)
  if (found) return found
  const near = nearest(
    id,
    all.map(it => it.id),
  )
  const hint = near === undefined ? '' : `: did you mean ${JSON.stringify(near)}?`
  throw new WrongUse(`no ${what} ${JSON.stringify(id)} in the config${hint}`)
}
