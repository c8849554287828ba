import fc from 'fast-check'
import type { Bytes } from '../../../src/accounting/bytes.ts'
import type { Direction } from '../../../src/accounting/counting/mark.ts'
import type { SessionReading, UnreadRow } from '../../../src/accounting/reading.ts'

/**
 * What a router may claim of a session that is not true:
 *
 *     zero          its counters are 0
 *     as reset      its counters are what was moved since the previous reading, as if they had been reset, and well
 *                   below what they were
 *     below         its counters are a little below what they were
 *     smaller twin  its row comes twice, once with smaller counters
 *     twin          its row comes twice
 *     missing       it has no row
 *     unreadable    its row has no uptime
 *     1970          it has been up since then
 */
export const LIES = [
  ...(['zero', 'as reset', 'below', 'smaller twin', 'twin', 'missing', 'unreadable', '1970'] as const),
] as const
export type LieKind = (typeof LIES)[number]

export interface Lie {
  readonly kind: LieKind
  /** The number of readings that it lasts. */
  readonly readings: number
}

export const lies: fc.Arbitrary<Lie> = fc
  .record({ kind: fc.constantFrom(...LIES), readings: fc.integer({ min: 1, max: 3 }) })
  .map(({ kind, readings }) => ({ kind, readings: LASTING.has(kind) ? readings : 1 }))

/** Lies that may last. A session missing from two readings ends, and one with another login in two is another one. */
const LASTING: ReadonlySet<LieKind> = new Set([
  'zero',
  'as reset',
  'below',
  'smaller twin',
  'twin',
  'unreadable',
])

/** A lie that a router is telling of a session. */
export class ActiveLie {
  readonly kind: LieKind
  /** What the session really showed in the last true reading. */
  readonly #before: Bytes
  #left: number

  constructor({ kind, readings }: Lie, before: Bytes) {
    this.kind = kind
    this.#before = before
    this.#left = readings
  }

  get isOver(): boolean {
    return this.#left === 0
  }

  countReading(): void {
    this.#left--
  }

  counters(now: Bytes): Bytes {
    const before = this.#before
    switch (this.kind) {
      case 'zero':
        return { upload: 0, download: 0 }
      case 'as reset':
        return each(it => Math.min(now[it] - Math.min(now[it], before[it]), Math.floor(before[it] * 0.4)))
      case 'below':
        return each(direction => Math.min(now[direction], Math.floor(before[direction] * 0.97)))
      default:
        return now
    }
  }

  rows(row: SessionReading): readonly SessionReading[] {
    switch (this.kind) {
      case 'twin':
        return [row, row]
      case 'smaller twin': {
        const { counters } = row
        const half = counters && each(direction => Math.floor(counters[direction] / 2))
        return [{ ...row, counters: half }, row]
      }
      case 'missing':
      case 'unreadable':
        return []
      case '1970': {
        const byMs = 56 * 365 * 86_400_000
        const { earliestMs, latestMs } = row.login
        const login = { earliestMs: earliestMs - byMs, latestMs: latestMs - byMs }
        return [{ ...row, uptimeSeconds: row.uptimeSeconds + byMs / 1_000, login }]
      }
      default:
        return [row]
    }
  }

  unread({
    uptimeSeconds: _,
    login: __,
    counters: ___,
    binding: ____,
    joined: _____,
    ...rest
  }: SessionReading): readonly UnreadRow[] {
    if (this.kind !== 'unreadable') return []
    return [{ ...rest, unreadable: { rowId: '*1', property: 'uptime', value: undefined } }]
  }
}

function each(of: (direction: Direction) => number): Bytes {
  return { upload: of('upload'), download: of('download') }
}
