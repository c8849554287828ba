import { describe, expect, it } from 'vitest'
import { tenantFaults as faults } from '../config-text.ts'

describe('a quota', () => {
  it.each(['0GB', '100', '5gb', '-1GB', '[1GB]'])('has no limit of %s', limit => {
    expect(faults(`quotas: [{ scope: user, period: day, limit: ${limit} }]`)).toEqual([
      expect.stringContaining('quotas[0].limit must be'),
    ])
  })

  it.each([
    ['[]', 'of must name one'],
    ['ann', 'of must be a list'],
    ['[7]', 'of[0] must be text in quotes'],
    ['[""]', 'of[0] must be text'],
    // Postgres holds neither, so it would refuse to look for them.
    ['["a\\0b"]', 'of[0] must be text, without characters that no name has'],
    ['["\\ud800"]', 'of[0] must be text, without characters that no name has'],
    ['["(others)"]', 'of[0] must be a subscriber'],
  ])('is not of %s', (of, hint) => {
    expect(faults(`quotas: [{ scope: user, period: day, limit: 1GB, of: ${of} }]`)).toEqual([
      expect.stringContaining(`quotas[0].${hint}`),
    ])
  })

  it('is the only usual one of its scope and period, and the only one of each subject', () => {
    const quota = (keys: string) => `\n  - { limit: 1GB, ${keys} }`
    const told = faults(
      `quotas:${quota('scope: user, period: month')}${quota('scope: user, period: day')}${quota(
        'scope: user, period: month',
      )}${quota('scope: tenant, period: day')}${quota('scope: tenant, period: day')}${quota(
        'scope: user, period: month, of: [ann, bob]',
      )}${quota('scope: user, period: month, of: [cid, bob, cid]')}${quota('scope: user, period: day, of: [ann]')}`,
    )
    expect(told).toEqual([
      'quotas[2] must be its own, and tenants[0].quotas[0] is the one of each user’s month already: remove one, or name in of whom it is for',
      'quotas[4] must be its own, and tenants[0].quotas[3] is the one of the tenant’s day already: remove one',
      'quotas[6].of[1] must have one quota of its month, and tenants[0].quotas[5].of[1] is it already: remove one',
      'quotas[6].of[2] must have one quota of its month, and tenants[0].quotas[6].of[0] is it already: remove one',
    ])
  })

  it('of routers is of this tenant’s, and tells which was meant; one of the tenant is of nobody', () => {
    const quotas = (scope: string, of: string) =>
      faults(`quotas: [{ scope: ${scope}, period: day, limit: 1GB, of: [${of}] }]`)
    expect(quotas('router', 'hq, towre, elsewhere')).toEqual([
      'quotas[0].of[1] is no router of this tenant: did you mean tower?',
      'quotas[0].of[2] is no router of this tenant: name one by its id in routers',
    ])
    expect(quotas('tenant', 'acme')).toEqual([
      'quotas[0].of is for scope: user or router: remove it, there is one tenant',
    ])
  })
})
