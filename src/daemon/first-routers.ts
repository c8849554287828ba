import { type RouterId, type RouterKey, routerKey, type TenantId } from '../accounting/ids.ts'
import type { Config, TenantConfig } from '../config/config.ts'

/**
 * Decides which of several daemons does what only one should do for a tenant: the one that should read its first router,
 * whatever the order of the routers in the config.
 */
export class FirstRouters {
  readonly #isOurs: (router: RouterKey) => boolean
  #firsts: ReadonlyMap<TenantId, RouterKey> = new Map()

  /** @param isOurs whether this daemon should read a router */
  constructor(isOurs: (router: RouterKey) => boolean) {
    this.#isOurs = isOurs
  }

  apply({ tenants }: Pick<Config, 'tenants'>): void {
    this.#firsts = new Map(tenants.flatMap(firstRouterOf))
  }

  /** Also true, at each daemon, for a tenant without routers. */
  isOurs(tenant: TenantId): boolean {
    const first = this.#firsts.get(tenant)
    return first === undefined || this.#isOurs(first)
  }
}

function firstRouterOf({ id, routers }: TenantConfig): readonly (readonly [TenantId, RouterKey])[] {
  const first = routers.reduce<RouterId | undefined>(
    (least, router) => (least === undefined || router.id < least ? router.id : least),
    undefined,
  )
  return first === undefined ? [] : [[id, routerKey(id, first)]]
}
