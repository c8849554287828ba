import { expect, it } from 'vitest'
import { routerId, routerKey, tenantId } from '../../src/accounting/ids.ts'
import { FirstRouters } from '../../src/daemon/first-routers.ts'
import { configOf, withRouter } from '../config/config-text.ts'

const acme = tenantId('acme')

it('a tenant belongs to the daemon that should read its first router, in whatever order they are listed', () => {
  const [tenant] = configOf(withRouter('')).tenants
  const [router] = tenant?.routers ?? []
  if (tenant === undefined || router === undefined) throw new Error('the config has a router')
  const named = (...ids: readonly string[]) => ({
    tenants: [{ ...tenant, routers: ids.map(id => ({ ...router, id: routerId(id) })) }],
  })
  const firsts = new FirstRouters(key => key === routerKey(acme, routerId('a')))
  for (const [ids, isOurs] of [
    [['a', 'b'], true],
    [['b', 'a'], true],
    [['b', 'c'], false],
    [[], true],
  ] as const) {
    firsts.apply(named(...ids))
    expect(firsts.isOurs(acme)).toBe(isOurs)
  }
})
