import { expect, test } from 'vitest'
import { isMet } from './figure.ts'
import { tableOf } from './table.ts'

const FIGURE = { name: 'commit', metric: 'sessions', value: 50_000, unit: 'sessions/s' }

test('a goal applies to the ratio if there is one', () => {
  expect(isMet(FIGURE)).toBeUndefined()
  expect(isMet({ ...FIGURE, ratio: 0.2, goal: { atLeast: 0.25 } })).toBe(false)
  expect(isMet({ ...FIGURE, ratio: 0.3, goal: { atLeast: 0.25 } })).toBe(true)
  expect(isMet({ ...FIGURE, ratio: 0.3, goal: { of: 'value', atMost: 100 } })).toBe(false)
})

test('a missed goal is printed, and so is what was left out', () => {
  const table = tableOf(
    [{ ...FIGURE, reference: 'bare update', ratio: 0.2, goal: { atLeast: 0.25 } }],
    [{ what: 'FreeRADIUS', why: 'not installed' }],
  )
  expect(table.split('\n')[1]).toMatch(/50,000 sessions\/s +bare update +0\.2 +≥ 0\.25 +NOT MET$/)
  expect(table).toMatch(/left out: FreeRADIUS: not installed$/)
})
