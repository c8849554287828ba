import { expect, it } from 'vitest'
import { routerId, tenantId } from '../../src/accounting/ids.ts'
import { SameDevice } from '../../src/commands/same-device.ts'
import type { RouterConfig } from '../../src/config/config.ts'
import type { ConfiguredRouter } from '../../src/config/difference.ts'
import { routerConfig } from './routers.ts'

function router(tenant: string, id: string, more: Partial<RouterConfig> = {}): ConfiguredRouter {
  return {
    tenant: {
      ...{ id: tenantId(tenant), name: tenant, timezone: 'UTC', tokensNotBefore: undefined },
      ...{ routers: [], alerts: [], webhooks: [], mails: [] },
    },
    router: routerConfig({ id: routerId(id), host: `${id}.example`, ...more }),
  }
}

/** The warnings for each router, in order. */
function warnings(all: readonly (readonly [ConfiguredRouter, string | undefined])[]) {
  const device = new SameDevice()
  return all.map(([of, serial]) => device.findingsOf(of, serial).map(({ what }) => what.replace(/;.*/, '')))
}

it('a router with the serial number of an earlier one causes a warning, also across tenants', () => {
  const [, , third] = warnings([
    [router('acme', 'hq'), 'HF1'],
    [router('acme', 'tower'), 'HF2'],
    [router('hilltop', 'main'), 'HF1'],
  ])
  expect(third).toEqual(['its serial number, HF1, is also that of acme/hq'])
})

it('routers without a serial number are distinguished by their addresses', () => {
  expect(
    warnings([
      [router('acme', 'hq', { host: 'core.example' }), undefined],
      [router('acme', 'tower'), undefined],
      [router('acme', 'again', { host: 'CORE.example' }), undefined],
    ]),
  ).toEqual([[], [], ['its host and port are also those of acme/hq']])
})

it('a device is reported once, although both its number and its address are known', () => {
  const [, second] = warnings([
    [router('acme', 'hq', { host: 'core.example' }), 'HF1'],
    [router('acme', 'again', { host: 'core.example' }), 'HF1'],
  ])
  expect(second).toEqual(['its serial number, HF1, is also that of acme/hq'])
})

it('a device that two routers read for different services causes no warning', () => {
  expect(
    warnings([
      [router('acme', 'hq', { services: ['ppp'] }), 'HF1'],
      [router('acme', 'guests', { services: ['hotspot'] }), 'HF1'],
    ]),
  ).toEqual([[], []])
})
