import * as z from 'zod'
import { ConfigDocument } from './document.ts'
import type { Fault } from './fault.ts'
import { readText } from './fields/readable-file.ts'
import { MAX_BYTES } from './load.ts'
import { located } from './located.ts'

const value = z.unknown().optional()
const key = z.object({ jwks_url: value, issuer: value, audience: value })
const outline = z.object({ auth: key.extend({ keys: z.array(key).default([]) }) })

const OPEN =
  'takes every token that its issuer signs, whatever for: set issuer and audience beside it, to what yours have'

/**
 * Key sets that ask nothing of their tokens, in a file without a fault. An issuer signs for many services, and a token
 * that somebody got for another one would do here.
 */
export function openKeySets(file: string): readonly Fault[] {
  const text = readText(file, MAX_BYTES)
  if (text.kind === 'wrong') return []
  const document = new ConfigDocument(text.value)
  const read = document.values()
  const { data } = outline.safeParse(read.kind === 'values' ? read.values : undefined)
  if (data === undefined) return []
  const keys = [
    { key: data.auth, path: ['auth'] },
    ...data.auth.keys.map((key, index) => ({ key, path: ['auth', 'keys', index] })),
  ]
  return keys
    .filter(({ key }) => key.jwks_url !== undefined && key.issuer === undefined && key.audience === undefined)
    .map(({ path }) => located(file, document, { path: [...path, 'jwks_url'], message: OPEN }))
}
