import * as z from 'zod'
import type { Finding } from '../fault.ts'

const KEYS = ['secret', 'jwks_url', 'public_key']
const TERMS = ['issuer', 'audience', 'max_age']
type Block = Readonly<Record<string, unknown>>
const several = z.array(z.record(z.string(), z.unknown()).optional().catch(undefined)).catch([])

/** Finds faults between the keys of `auth`: none, or several where one is needed. */
export function authDisagreements(auth: Block): Finding[] {
  const found = choice(auth, [...KEYS, 'keys'], ['auth'])
  if (!('keys' in auth)) return found
  for (const term of TERMS) {
    if (term in auth)
      found.push({ path: ['auth', term], message: 'applies to a single key: move it into entries of keys' })
  }
  for (const [index, key] of several.parse(auth['keys']).entries()) {
    if (key !== undefined) found.push(...choice(key, KEYS, ['auth', 'keys', index]))
  }
  return found
}

function choice(block: Block, keys: readonly string[], path: readonly PropertyKey[]): Finding[] {
  const [first, ...others] = keys.filter(key => key in block)
  if (first === undefined) return [{ path, message: `needs one of ${keys.join(', ')}` }]
  return others.map(key => ({
    path: [...path, key],
    message: `cannot be combined with ${first}: remove one of them`,
  }))
}
