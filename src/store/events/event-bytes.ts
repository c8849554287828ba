import type { LedgerEvent } from '../../accounting/entry.ts'

/** Events with bytes that were not counted, which somebody who knows better may add, or dismiss. */
export const DECIDABLE_KINDS = [
  'quarantine',
  'baseline',
  'discarded',
  'glitch',
] as const satisfies readonly LedgerEvent['kind'][]
export type DecidableKind = (typeof DECIDABLE_KINDS)[number]

export function isDecidable(kind: string): kind is DecidableKind {
  return DECIDABLE_KINDS.some(it => it === kind)
}

/**
 * SQL of an event's bytes in one direction, exact; null where its detail has none, or something that is no count of
 * bytes.
 * @param detail the column
 */
export function bytesIn(detail: string, direction: 'upload' | 'download'): string {
  const value = `${detail} -> '${direction}'`
  // One in the other: of a condition's parts PostgreSQL may evaluate any first.
  return `case jsonb_typeof(${value}) when 'number' then
      case when (${value})::numeric between 0 and 9223372036854775807 and (${value})::numeric % 1 = 0
        then (${value})::numeric::int8 end
    end`
}
