import { describe, expect, it } from 'vitest'
import { isConfigId, routerId, routerKey, tenantId } from '../../src/accounting/ids.ts'

describe('ids of the config', () => {
  it.each(['a', 'acme', 'Acme-1_x.y', '9', 'a'.repeat(64)])('%s is accepted', value => {
    expect(isConfigId(value)).toBe(true)
    expect(tenantId(value)).toBe(value)
  })

  it.each(['', '-a', '.a', 'a/b', 'a b', 'ä', 'a\n', 'a'.repeat(65)])('%j is refused', value => {
    expect(isConfigId(value)).toBe(false)
    expect(() => tenantId(value)).toThrow(RangeError)
    expect(() => routerId(value)).toThrow(RangeError)
  })

  it('two tenants may each have a router of one name', () => {
    const key = (tenant: string) => routerKey(tenantId(tenant), routerId('r1'))
    expect(key('a')).not.toBe(key('b'))
  })
})
