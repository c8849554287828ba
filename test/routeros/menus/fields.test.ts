import { expect, test } from 'vitest'
import { RouterGarbled } from '../../../src/routeros/errors.ts'
import { beganAt, counterOf, requiredUptimeOf, textOf } from '../../../src/routeros/menus/fields.ts'

const counter = (text: string) => counterOf(new Map([['n', text]]), 'n')

test('a counter is a whole number of bytes', () => {
  expect(counter('0')).toBe(0)
  expect(counter('1300371837')).toBe(1_300_371_837)
  expect(counter('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
})

test('a counter beyond 2^53 keeps exact differences', () => {
  const before = counter('18446744073709551000') ?? Number.NaN
  const after = counter('18446744073709551615') ?? Number.NaN
  expect(after - before).toBe(615)
  expect(counter('9007199254740993')).toBe(1)
  for (const value of [before, after]) expect(Number.isSafeInteger(value)).toBe(true)
})

test('a text that is not a number is not a counter', () => {
  for (const text of ['', '-1', '1.5', '1e3', '0x10', ' 1', '1 024', 'many', '9'.repeat(21)])
    expect(counter(text)).toBeUndefined()
  expect(counterOf(new Map(), 'n')).toBeUndefined()
})

test('a login is as old as the whole seconds and the delay of the reply allow', () => {
  expect(beganAt({ askedMs: 100_000, answeredMs: 100_400 }, 10)).toEqual({
    earliestMs: 89_000,
    latestMs: 90_400,
  })
})

test('a row without an uptime that can be read makes no reading', () => {
  expect(requiredUptimeOf(new Map([['uptime', '1m2s500ms']]), '/ppp/active')).toBe(62)
  for (const row of [new Map<string, string>(), new Map([['uptime', 'soon']]), new Map([['uptime', '']])])
    expect(() => requiredUptimeOf(row, '/ppp/active')).toThrow(RouterGarbled)
})

test('an empty property has no value', () => {
  expect(textOf(new Map([['server', '']]), 'server')).toBeUndefined()
  expect(textOf(new Map([['server', 'hs1']]), 'server')).toBe('hs1')
})
