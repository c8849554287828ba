import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DistinctNames } from '../../src/live/distinct-names.ts'

test('names are counted as in the union of all sets, whatever sets come, stay and go', () => {
  const names = fc.array(fc.constantFrom('ann', 'bob', 'cid', 'dot', 'eve'), { maxLength: 5 })
  const rounds = fc.array(fc.array(fc.nat(7), { maxLength: 6 }), { maxLength: 8 })
  fc.assert(
    fc.property(fc.array(names, { minLength: 8, maxLength: 8 }), rounds, (contents, chosen) => {
      const sets = contents.map(content => new Set(content))
      const distinct = new DistinctNames()
      for (const places of chosen) {
        const given = places.map(place => sets[place] ?? new Set<string>())
        expect(distinct.count(given)).toBe(new Set(given.flatMap(set => [...set])).size)
      }
    }),
    { numRuns: 500, seed: 1 },
  )
})
