import { describe, expect, it } from 'vitest'
import type { AlertRule } from '../../../src/accounting/alert.ts'
import { formatFaults } from '../../../src/config/check.ts'
import { AUTH, tenantFaults as faults, faultsOf, tenantOf, WEBHOOK, withTenant } from '../config-text.ts'

const USAGE = 'id: big, scope: user, period: month'
const GB = 1024 ** 3

function rulesOf(lines: string): readonly AlertRule[] {
  return tenantOf(lines).alerts
}

describe('a tenant', () => {
  it('has no alerts and no webhooks by default', () => {
    expect(tenantOf('name: Acme')).toMatchObject({ alerts: [], webhooks: [] })
    expect(tenantOf('quotas: []\nalerts: []\nwebhooks: []')).toMatchObject({ alerts: [], webhooks: [] })
  })
})

describe('a usage alert', () => {
  it('with a size applies to each subject alike, and `on` may be left out', () => {
    const rule = {
      ...{ kind: 'usage', id: 'big', scope: 'user', period: 'month' },
      usual: { threshold: 2 * 1024 * GB, quota: undefined },
      particular: new Map(),
    }
    expect(rulesOf(`alerts: [{ ${USAGE}, threshold: 2TB }]`)).toEqual([rule])
    expect(rulesOf(`alerts: [{ ${USAGE}, threshold: 2TB, on: usage }]`)).toEqual([rule])
    const quotas = 'quotas: [{ scope: user, period: month, limit: 1GB, of: [ann] }]'
    expect(rulesOf(`${quotas}\nalerts: [{ ${USAGE}, threshold: 2TB }]`)).toEqual([rule])
  })

  it('with a share follows each subject’s quota of the same scope and period', () => {
    const rules = rulesOf(`quotas:
  - { scope: user, period: month, limit: 100GB }
  - { scope: user, period: month, limit: 200GB, of: [ann, bob] }
  - { scope: user, period: month, limit: 1TB, of: ["007"] }
  - { scope: user, period: day, limit: 3GB, of: [ann] }
  - { scope: router, period: month, limit: 4GB, of: [tower] }
  - { scope: tenant, period: month, limit: 5GB }
alerts:
  - { ${USAGE}, threshold: 50% }
  - { id: day, scope: user, period: day, threshold: 100% }
  - { id: tower, scope: router, period: month, threshold: 25% }
  - { id: all, scope: tenant, period: month, threshold: 200 % }`)
    const of = (threshold: number, quota: number) => ({ threshold: threshold * GB, quota: quota * GB })
    expect(rules).toMatchObject([
      {
        usual: of(50, 100),
        particular: new Map([
          ['ann', of(100, 200)],
          ['bob', of(100, 200)],
          ['007', of(512, 1024)],
        ]),
      },
      { usual: undefined, particular: new Map([['ann', of(3, 3)]]) },
      { usual: undefined, particular: new Map([['tower', of(1, 4)]]) },
      { usual: of(10, 5), particular: new Map() },
    ])
  })

  it('has a threshold of whole bytes, at least one', () => {
    const usual = (limit: string, share: string) =>
      rulesOf(`quotas: [{ scope: user, period: month, limit: ${limit} }]
alerts: [{ ${USAGE}, threshold: ${share} }]`)[0]
    expect(usual('3B', '50%')).toMatchObject({ usual: { threshold: 2, quota: 3 } })
    expect(usual('1B', '0.000001%')).toMatchObject({ usual: { threshold: 1, quota: 1 } })
    // In floating point this would be 7.000000000000001.
    expect(usual('100B', '7%')).toMatchObject({ usual: { threshold: 7 } })
  })

  it.each(['0%', '0.0%', '1001%', '1000.000001%'])('has no threshold of %s', share => {
    expect(faults(`alerts: [{ ${USAGE}, threshold: ${share} }]`)).toEqual([
      'alerts[0].threshold must be more than 0% and at most 1000%',
    ])
  })

  it.each(['80', '0.8', '"%"', '-5%', '1e2%', '80%%', '1.2.3%', '2Tb', '[80%]', 'true'])(
    'has no threshold of %s',
    written => {
      expect(faults(`alerts: [{ ${USAGE}, threshold: ${written} }]`)).toEqual([
        expect.stringMatching(
          /^alerts\[0\]\.threshold must be a size such as 2TB, or a share of the quota such as 80%/,
        ),
      ])
    },
  )

  it('with a share needs a quota of the same scope and period, and the fault says which', () => {
    const quotas =
      'quotas: [{ scope: user, period: day, limit: 1GB }, { scope: tenant, period: month, limit: 1GB }]'
    expect(faults(`${quotas}\nalerts: [{ ${USAGE}, threshold: 80% }]`)).toEqual([
      'alerts[0].threshold is a share of a quota that does not exist: add { scope: user, period: month, limit: 100GB } to the tenant’s quotas, with your limit',
    ])
    // The faulty quota may be the one it refers to.
    expect(faults(`quotas: [{ scope: usr }]\nalerts: [{ ${USAGE}, threshold: 80% }]`).join()).not.toContain(
      'share of a quota that does not exist',
    )
  })

  it('has no threshold beyond the safe integers', () => {
    const quotas =
      'quotas: [{ scope: user, period: month, limit: 1GB }, { scope: user, period: month, limit: 8000TB, of: [a] }]'
    expect(faults(`${quotas}\nalerts: [{ ${USAGE}, threshold: 1000% }]`)).toEqual([
      'alerts[0].threshold is too large a share of tenants[0].quotas[1]: lower the share or the limit of the quota',
    ])
  })
})

describe('other alerts', () => {
  it('default to routers offline for five minutes, and to stalled and uncounted sessions by router', () => {
    expect(
      rulesOf(`alerts:
  - { id: down, on: router_offline }
  - { id: gone, on: router_offline, after: 1h }
  - { id: silent, on: session_stalled }
  - { id: mute, on: session_stalled, scope: user }
  - { id: uncounted, on: session_uncounted }
  - { id: blind, on: session_uncounted, scope: user }`),
    ).toEqual([
      { kind: 'router_offline', id: 'down', afterMs: 300_000 },
      { kind: 'router_offline', id: 'gone', afterMs: 3_600_000 },
      { kind: 'session_stalled', id: 'silent', scope: 'router' },
      { kind: 'session_stalled', id: 'mute', scope: 'user' },
      { kind: 'session_uncounted', id: 'uncounted', scope: 'router' },
      { kind: 'session_uncounted', id: 'blind', scope: 'user' },
    ])
  })

  it('do not have the scope of the tenant for sessions', () => {
    expect(faults('alerts: [{ id: silent, on: session_stalled, scope: tenant }]')).toEqual([
      'alerts[0].scope must be one of user, router',
    ])
  })
})

describe('an alert', () => {
  it.each([
    [`${USAGE}, threshold: 1GB, after: 5m`, ['after is for on: router_offline: remove it']],
    [
      'id: a, on: router_offline, scope: user, period: day, threshold: 1GB',
      [
        'scope is for on: usage, session_stalled or session_uncounted: remove it',
        'period is for on: usage: remove it',
        'threshold is for on: usage: remove it',
      ],
    ],
    [
      'id: a, on: session_stalled, after: 5m, period: day',
      ['after is for on: router_offline: remove it', 'period is for on: usage: remove it'],
    ],
    [
      'on: usage',
      [
        'id is missing: set it to an id in quotes: letters, digits, "-", "_" and ".", at most 64 characters',
        'scope is missing: set it to one of user, router, tenant',
        'period is missing: set it to one of day, month',
        'threshold is missing: set it to a size such as 2TB, or a share of the quota such as 80%',
      ],
    ],
    [
      `${USAGE}, treshold: 1GB, threshold: 1GB`,
      ['treshold is not a key of this block: did you mean threshold?'],
    ],
    [
      'id: a, on: offline',
      ['on must be one of usage, router_offline, session_stalled, session_uncounted; default: usage'],
    ],
    [
      'id: a, on: ',
      ['on must be one of usage, router_offline, session_stalled, session_uncounted; default: usage'],
    ],
    ['id: "a b", on: router_offline', [expect.stringContaining('id must be an id in quotes')]],
    ['id: a, on: router_offline, after: 5', [expect.stringContaining('after must be a duration')]],
  ])('{ %s } reports its faults', (keys, expected) => {
    const found = faults(`alerts: [{ ${keys} }]`).map(it => it.replace('alerts[0].', ''))
    expect(found).toEqual(expected)
  })

  it('is a block in a list', () => {
    expect(faults('alerts: [down]')).toEqual([
      'alerts[0] must be a block of keys such as { id: down, on: router_offline, after: 5m }',
    ])
    expect(faults('alerts: { id: down, on: router_offline }')).toEqual([
      'alerts must be a list of alerts, each with "- id:"',
    ])
    expect(faults('alerts: ')).toEqual([expect.stringContaining('or remove the key')])
  })

  it('has a unique id, and so has a webhook', () => {
    const hook = `{ id: a, ${WEBHOOK} }`
    const down = '{ id: a, on: router_offline }'
    expect(faults(`alerts: [${down}, ${down}]\nwebhooks: [${hook}, ${hook}]`)).toEqual([
      'alerts[1].id must be unique: tenants[0].alerts[0] already has it',
      'webhooks[1].id must be unique: tenants[0].webhooks[0] already has it',
    ])
    expect(faults(`alerts: [${down}]\nwebhooks: [${hook}]`)).toEqual([])
  })

  it('belongs to a tenant', () => {
    expect(faultsOf(`${AUTH}\nalerts: []\ntenants: []`)).toMatchObject([
      { line: 2, message: 'does not belong here: move it to a tenant' },
    ])
  })
})

describe('all faults of alerts', () => {
  it('are reported at once with others, each with its line and path', () => {
    const text = withTenant(`timezone: Middle/Earth
quotas:
  - { scope: user, period: month, limit: 100GB }
  - { scope: user, period: month, limit: 200GB }
  - { scope: router, period: month, limit: 1x }
alerts:
  - { id: near-quota, scope: tenant, period: month, threshold: 80%, after: 1m }
  - { id: busy-day, scope: router, period: day }
webhooks:
  - { id: noc, url: noc, secret: short, alerts: [near-qouta] }`)
    const lines = formatFaults(faultsOf(text)).split('\n')
    expect(lines.map(line => line.replace(/: .*/, ''))).toEqual([
      'config.yaml:5:5 tenants[0].timezone',
      'config.yaml:8:9 tenants[0].quotas[1]',
      'config.yaml:9:41 tenants[0].quotas[2].limit',
      'config.yaml:11:73 tenants[0].alerts[0].after',
      'config.yaml:12:9 tenants[0].alerts[1].threshold',
      'config.yaml:14:20 tenants[0].webhooks[0].url',
      'config.yaml:14:30 tenants[0].webhooks[0].secret',
      'config.yaml:14:54 tenants[0].webhooks[0].alerts[0]',
    ])
  })
})
