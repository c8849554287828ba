import { expect, test } from 'vitest'
import { tenantNumberOf } from './config.ts'

function dealt(routers: number, deal: Parameters<typeof tenantNumberOf>[1]): readonly number[] {
  return Array.from({ length: routers }, (_, router) => tenantNumberOf(router, deal))
}

test('routers are dealt out in turn', () => {
  expect(dealt(5, { tenants: 2, ofFirst: 0 })).toEqual([0, 1, 0, 1, 0])
})

test('the first tenant may have many, and the others share the rest', () => {
  expect(dealt(6, { tenants: 3, ofFirst: 3 })).toEqual([0, 0, 0, 1, 2, 1])
})
