import * as z from 'zod'
import type { Fault } from './fault.ts'
import { DISK } from './include/files.ts'
import { readAlone } from './include/read-whole.ts'

const value = z.unknown().optional()
const key = z.object({ jwks_url: value, issuer: value, audience: value })
const outline = z.object({ auth: key.extend({ keys: z.array(key).default([]) }) })

const OPEN =
  'accepts every token that its issuer signs, for any service: set issuer and audience to the values that your tokens have'

/**
 * Warns of key sets that require neither an issuer nor an audience. An issuer signs tokens for many services, and a
 * token issued for another service would be accepted here.
 * @param file a config without faults
 */
export function openKeySets(file: string): readonly Fault[] {
  const read = readAlone(file, DISK)
  if (read.kind === 'unreadable') return []
  const { data } = outline.safeParse(read.whole.values)
  if (data === undefined) return []
  const keys = [
    { key: data.auth, path: ['auth'] },
    ...data.auth.keys.map((key, index) => ({ key, path: ['auth', 'keys', index] })),
  ]
  return keys
    .filter(({ key }) => key.jwks_url !== undefined && key.issuer === undefined && key.audience === undefined)
    .map(({ path }) => read.whole.locate({ path: [...path, 'jwks_url'], message: OPEN }))
}
