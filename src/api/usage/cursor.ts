import { createHash } from 'node:crypto'
import type { TenantId } from '../../accounting/ids.ts'
import { isDay } from '../http/parameters.ts'
import type { DayRange } from './day-range.ts'

/** Where a page ended: the key of its last row, and the question's days, if any. Their default changes at midnight. */
export interface Cursor {
  readonly days: DayRange | undefined
  readonly key: readonly string[]
}

/** Parameters that may change from page to page. */
const CHANGEABLE = ['cursor', 'limit', 'format', 'tenant']
const LONGEST = 4_096

/** The question that a cursor belongs to: page, tenant and parameters, as a hash. */
export function fingerprintOf(path: string, tenant: TenantId, query: URLSearchParams): string {
  const asked = [...query].filter(([name]) => !CHANGEABLE.includes(name)).sort()
  return createHash('sha256')
    .update(JSON.stringify([path, tenant, asked]))
    .digest('base64url')
    .slice(0, 16)
}

/** Not secret: a made-up cursor only selects among the rows that the same question has. */
export function cursorOf(fingerprint: string, { days, key }: Cursor): string {
  return Buffer.from(JSON.stringify([fingerprint, days?.from ?? '', days?.to ?? '', ...key])).toString(
    'base64url',
  )
}

/** @returns `undefined` if it is not a cursor, or another question's */
export function placeOf(cursor: string, fingerprint: string): Cursor | undefined {
  const [theirs, from, to, ...key] = textsIn(cursor)
  if (theirs !== fingerprint || from === undefined || to === undefined) return undefined
  if (from === '' && to === '') return { days: undefined, key }
  return isDay(from) && isDay(to) && from <= to ? { days: { from, to }, key } : undefined
}

function textsIn(cursor: string): readonly string[] {
  if (cursor.length > LONGEST || !/^[\w-]+$/.test(cursor)) return []
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(parts) && parts.every(it => typeof it === 'string' && !it.includes('\u0000'))
      ? parts
      : []
  } catch {
    return [] // Not JSON, so not ours.
  }
}
