import type { LedgerEvent } from '../../accounting/entry.ts'

/** Kinds of events with bytes that were not counted. An operator may accept or reject these bytes. */
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
 * SQL of an event's bytes in one direction, exact; null if its detail has no count of bytes.
 * @param detail SQL of the column
 */
export function bytesIn(detail: string, direction: 'upload' | 'download'): string {
  const value = `${detail} -> '${direction}'`
  // Nested, because PostgreSQL may evaluate the parts of one condition in any order.
  return `case jsonb_typeof(${value}) when 'number' then
      case when (${value})::numeric between 0 and 9223372036854775807 and (${value})::numeric % 1 = 0
        then (${value})::numeric::int8 end
    end`
}
