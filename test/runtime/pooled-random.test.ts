import { expect, test } from 'vitest'
import { pooledRandom } from '../../src/runtime/pooled-random.ts'

test('no sixteen bytes come twice, or change after they were returned, over many pools', () => {
  const random = pooledRandom()
  const given = Array.from({ length: 2_000 }, () => random())
  const texts = given.map(bytes => Buffer.from(bytes).toString('hex'))
  expect(new Set(texts).size).toBe(given.length)
  for (let more = 0; more < 1_000; more++) random()
  expect(given.map(bytes => Buffer.from(bytes).toString('hex'))).toEqual(texts)
  for (const bytes of given) expect(bytes).toHaveLength(16)
})
