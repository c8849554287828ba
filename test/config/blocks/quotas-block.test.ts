import { describe, expect, it } from 'vitest'
import { tenantFaults as faults } from '../config-text.ts'

describe('a quota', () => {
  it.each(['0GB', '100', '5gb', '-1GB', '[1GB]'])('has no limit of %s', limit => {
    expect(faults(`quotas: [{ scope: user, period: day, limit: ${limit} }]`)).toEqual([
      expect.stringContaining('quotas[0].limit must be'),
    ])
  })

  it.each([
    ['[]', 'of must have at least one entry'],
    ['ann', 'of must be a list'],
    ['[7]', 'of[0] must be text in quotes'],
    ['[""]', 'of[0] must be text'],
    // Postgres can hold neither, so it would refuse to search for them.
    ['["a\\0b"]', 'of[0] must be text without NUL or unpaired surrogates'],
    ['["\\ud800"]', 'of[0] must be text without NUL or unpaired surrogates'],
    ['["(others)"]', 'of[0] must be a subscriber'],
  ])('is not for %s', (of, hint) => {
    expect(faults(`quotas: [{ scope: user, period: day, limit: 1GB, of: ${of} }]`)).toEqual([
      expect.stringContaining(`quotas[0].${hint}`),
    ])
  })

  it('is the only usual one of its scope and period, and the only one for each named subject', () => {
    const quota = (keys: string) => `\n  - { limit: 1GB, ${keys} }`
    const found = faults(
      `quotas:${quota('scope: user, period: month')}${quota('scope: user, period: day')}${quota(
        'scope: user, period: month',
      )}${quota('scope: tenant, period: day')}${quota('scope: tenant, period: day')}${quota(
        'scope: user, period: month, of: [ann, bob]',
      )}${quota('scope: user, period: month, of: [cid, bob, cid]')}${quota('scope: user, period: day, of: [ann]')}`,
    )
    expect(found).toEqual([
      'quotas[2] repeats tenants[0].quotas[0], the quota of every user for each month: remove one of them, or list in "of" whom this one is for',
      'quotas[4] repeats tenants[0].quotas[3], the tenant’s quota for each day: remove one of them',
      'quotas[6].of[1] already has a quota for each month, tenants[0].quotas[5].of[1]: remove one of them',
      'quotas[6].of[2] already has a quota for each month, tenants[0].quotas[6].of[0]: remove one of them',
    ])
  })

  it('for routers only names routers of this tenant, with a suggestion; one for the tenant names nobody', () => {
    const quotas = (scope: string, of: string) =>
      faults(`quotas: [{ scope: ${scope}, period: day, limit: 1GB, of: [${of}] }]`)
    expect(quotas('router', 'hq, towre, elsewhere')).toEqual([
      'quotas[0].of[1] is not a router of this tenant: did you mean tower?',
      'quotas[0].of[2] is not a router of this tenant: use an id from routers',
    ])
    expect(quotas('tenant', 'acme')).toEqual([
      'quotas[0].of needs scope: user or router: remove it, there is only one tenant',
    ])
  })
})
