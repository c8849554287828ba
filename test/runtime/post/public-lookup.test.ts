import type { LookupAddress } from 'node:dns'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { PrivateAddress, publicLookup } from '../../../src/runtime/post/public-lookup.ts'

const PUBLIC = { address: '8.8.8.8', family: 4 }
const PRIVATE = { address: '10.1.0.9', family: 4 }
const MAPPED = { address: '::ffff:7f00:1', family: 6 }

/** A name server that gives these answers, one per query. */
function answering(...answers: LookupAddress[][]): (all: boolean) => Promise<unknown> {
  const lookup = publicLookup((_name, _options, done) => done(null, answers.shift() ?? []))
  return promisify((all: boolean, done: (error: Error | null, found?: unknown) => void) =>
    lookup('noc.example', { all }, (error, found) => done(error, found)),
  )
}

it('keeps only the public addresses of a name', async () => {
  const ask = answering([PRIVATE, PUBLIC, MAPPED], [MAPPED, PUBLIC])
  expect(await ask(true)).toEqual([PUBLIC])
  expect(await ask(false)).toBe(PUBLIC.address)
})

it('refuses a name that is rebound from a public to a private address', async () => {
  const ask = answering([PUBLIC], [PRIVATE], [MAPPED])
  expect(await ask(true)).toEqual([PUBLIC])
  await expect(ask(true)).rejects.toThrow(PrivateAddress)
  await expect(ask(false)).rejects.toThrow(PrivateAddress)
})

it('reports why a name could not be looked up', async () => {
  const lookup = publicLookup((_name, _options, done) =>
    done(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), []),
  )
  const error = await new Promise(resolve => lookup('nobody.invalid', { all: true }, resolve))
  expect(error).toMatchObject({ code: 'ENOTFOUND' })
})
