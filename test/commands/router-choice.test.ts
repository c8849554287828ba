import { expect, test } from 'vitest'
import { routerId, tenantId } from '../../src/accounting/ids.ts'
import { chooseRouters } from '../../src/commands/router-choice.ts'
import type { TenantConfig } from '../../src/config/config.ts'
import { routerConfig } from './routers.ts'

const tenants: readonly TenantConfig[] = [
  {
    ...{
      id: tenantId('acme'),
      name: 'Acme',
      timezone: 'UTC',
      tokensNotBefore: undefined,
      alerts: [],
      webhooks: [],
      mails: [],
    },
    routers: [routerConfig(), routerConfig({ id: routerId('old'), enabled: false })],
  },
  {
    ...{
      id: tenantId('umoja'),
      name: 'Umoja',
      timezone: 'UTC',
      tokensNotBefore: undefined,
      alerts: [],
      webhooks: [],
      mails: [],
    },
    routers: [routerConfig({ id: routerId('north') })],
  },
]

function chosen(which: string | undefined): readonly string[] {
  return chooseRouters({ tenants }, which).map(({ tenant, router }) => `${tenant.id}/${router.id}`)
}

test('the choice is all enabled routers, those of a tenant, or one by name, enabled or not', () => {
  expect(chosen(undefined)).toEqual(['acme/hq', 'umoja/north'])
  expect(chosen('acme')).toEqual(['acme/hq'])
  expect(chosen('acme/old')).toEqual(['acme/old'])
})

test('an unknown name is reported with the one that was meant', () => {
  expect(() => chosen('acne')).toThrow('no tenant "acne" in the config: did you mean "acme"?')
  expect(() => chosen('umoja/nroth')).toThrow('no router "nroth" in the config: did you mean "north"?')
  expect(() => chosen('a/b/c')).toThrow('"a/b/c" is not TENANT or TENANT/ROUTER')
})
